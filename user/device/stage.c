/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/category.h>
#include <faultline/rng.h>

#include "blocks.h"
#include "compile/guard.h"
#include "contents.h"
#include "files.h"
#include "generation.h"
#include "ids.h"
#include "install.h"
#include "open.h"
#include "pools.h"
#include "roster.h"

/* One rule; what decides the order is here, because specs are far apart. */
struct stage_slot {
	__u64 age;
	__u32 prio;
	__u16 id;
};

/* The maps could not be changed, of a negative errno. */
static int failure(int err, struct fl_error *error)
{
	return fl_fail(error,
		       err == -EPERM ? FL_EXIT_PERMISSION : FL_EXIT_ERROR,
		       "cannot change the rules: %s", strerror(-err));
}

static struct fl_rule *rule_of(const struct stage *stage, size_t slot)
{
	return &stage->dev->specs[stage->slots[slot].id].rule;
}

static bool is_there(const struct stage *stage, size_t slot)
{
	return roster_has(stage->roster, stage->slots[slot].id);
}

/* ---- the rules in force ------------------------------------------------- */

static void put_slot(struct stage *stage, __u16 id)
{
	const struct fl_rule *rule = &stage->dev->specs[id].rule;

	stage->slots[stage->slot_count++] = (struct stage_slot){
		.age = rule->age,
		.prio = rule->prio,
		.id = id,
	};
}

int stage_begin(struct stage *stage, struct device *dev, size_t room,
		const struct contents *contents, struct fl_error *error)
{
	const struct fl_position *active;
	int err = blocks_refresh(dev);
	__u32 count;

	if (err)
		return failure(err, error);
	active = device_active_rules(dev, &count);
	*stage = (struct stage){ .dev = dev,
				 .room = room,
				 .contents = contents };
	stage->slots = calloc(count + room + 1, sizeof(*stage->slots));
	stage->roster = roster_new(dev, room);
	if (!stage->roster || !stage->slots) {
		stage_end(stage);
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	}
	for (__u32 i = 0; i < count; i++)
		put_slot(stage, active[i].id);
	return 0;
}

void stage_end(struct stage *stage)
{
	roster_free(stage->roster);
	files_free(stage->files);
	free(stage->slots);
	*stage = (struct stage){ 0 };
}

bool stage_has(const struct stage *stage, const char *name)
{
	return roster_find(stage->roster, name);
}

static bool is_expired(const struct fl_rule *rule, __u64 now_ns)
{
	return rule->expiry_ns && rule->expiry_ns <= now_ns;
}

/* Leaves the slots of rules that are still there. */
static void close_gaps(struct stage *stage)
{
	size_t kept = 0;

	for (size_t i = 0; i < stage->slot_count; i++)
		if (is_there(stage, i))
			stage->slots[kept++] = stage->slots[i];
	stage->slot_count = kept;
}

static void drop_if_expired(struct stage *stage, __u16 id, __u64 now_ns)
{
	if (!is_expired(&stage->dev->specs[id].rule, now_ns))
		return;
	roster_drop(stage->roster, id);
	/* It may have acted until just now. */
	stage->settled = false;
}

void stage_drop_expired(struct stage *stage, const char *name)
{
	__u64 now_ns = clock_boot_ns();
	__u16 id = name ? roster_find(stage->roster, name) : 0;

	if (id)
		drop_if_expired(stage, id, now_ns);
	for (size_t i = 0; i < stage->slot_count && !name; i++)
		drop_if_expired(stage, stage->slots[i].id, now_ns);
}

struct stage_room stage_count(const struct stage *stage)
{
	__u64 now_ns = clock_boot_ns();
	struct stage_room room = { 0 };

	for (size_t i = 0; i < stage->slot_count; i++) {
		size_t holds = stage->slots[i].id < FL_HOLD_IDS;

		if (!is_there(stage, i))
			continue;
		room.rules++;
		room.holds += holds;
		if (is_expired(rule_of(stage, i), now_ns))
			continue;
		room.lasting++;
		room.lasting_holds += holds;
	}
	return room;
}

size_t stage_delete(struct stage *stage, char *const names[], size_t count)
{
	size_t before = stage->roster->count;

	for (size_t i = 0; i < count; i++) {
		__u16 id = roster_find(stage->roster, names[i]);

		if (id)
			roster_drop(stage->roster, id);
	}
	for (size_t i = 0; i < stage->slot_count && !count; i++)
		roster_drop(stage->roster, stage->slots[i].id);
	return before - stage->roster->count;
}

/* ---- one more ----------------------------------------------------------- */

/* Notes that the name "rN" is taken, where @name is that of an N so small that
 * it could be given. */
static void note_number(const char *name, bool *taken, size_t numbers)
{
	size_t number = 0;

	if (name[0] != 'r' || name[1] < '1' || name[1] > '9')
		return;
	for (name++; *name >= '0' && *name <= '9' && number < numbers; name++)
		number = number * 10 + (size_t)(*name - '0');
	if (!*name && number < numbers)
		taken[number] = true;
}

int stage_names(const struct stage *stage, struct fl_rule *rules, size_t count,
		struct fl_error *error)
{
	size_t number = 1, numbers = stage->slot_count + count + 1;
	bool *taken = calloc(numbers, sizeof(*taken));

	if (!taken)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	for (size_t i = 0; i < stage->slot_count; i++)
		if (is_there(stage, i))
			note_number(rule_of(stage, i)->name, taken, numbers);
	for (size_t i = 0; i < count; i++)
		note_number(rules[i].name, taken, numbers);
	for (size_t i = 0; i < count; i++) {
		if (*rules[i].name)
			continue;
		while (taken[number])
			number++;
		snprintf(rules[i].name, sizeof(rules[i].name), "r%zu",
			 number++);
	}
	free(taken);
	return 0;
}

/* Nothing rests after that, but what is in force still. */
static int settle(struct stage *stage)
{
	int err = stage->settled ? 0 : obj_wait_programs();

	if (!err)
		stage->dev->record.resting = (struct fl_ids){ 0 };
	stage->settled = !err;
	return err;
}

/* What the rules that are there take. */
static int note_files(struct stage *stage)
{
	int err = 0;

	stage->files = files_new(stage->dev);
	if (!stage->files)
		return -ENOMEM;
	for (size_t i = 0; i < stage->slot_count && !err; i++)
		if (is_there(stage, i))
			err = files_note(stage->files, rule_of(stage, i));
	return err;
}

int stage_files(struct stage *stage, struct fl_rule *rule,
		struct fl_error *error)
{
	int err;

	if (!files_named(rule))
		return 0;
	/* What deleted rules had read there may be written over. */
	err = settle(stage);
	if (!err && !stage->files)
		err = note_files(stage);
	if (err)
		return failure(err, error);
	return files_place(stage->files, rule, stage->contents, error);
}

/* Where all ids are used or rest: those that rest, and then more. */
static int take_id(struct stage *stage, bool holds, __u16 *id)
{
	struct device *dev = stage->dev;
	int err = 0;

	*id = roster_take_id(stage->roster, &dev->record, holds);
	if (!*id && !stage->settled && ids_any(&dev->record.resting)) {
		err = settle(stage);
		*id = roster_take_id(stage->roster, &dev->record, holds);
	}
	if (!*id && !err && !holds) {
		err = blocks_add(dev);
		*id = roster_take_id(stage->roster, &dev->record, holds);
	}
	return err || *id ? err : -ENOSPC;
}

int stage_rule(struct stage *stage, struct fl_rule *rule,
	       struct fl_error *error)
{
	struct fl_device *record = &stage->dev->record;
	__u16 id;
	int err = take_id(stage, fl_rule_holds(rule), &id);

	if (err)
		return failure(err, error);
	rule->age = record->next_age++;
	if (!stage->timeless) {
		rule->created_ns = clock_boot_ns();
		rule->expiry_ns = rule->lease_ns ?
					  rule->created_ns + rule->lease_ns :
					  0;
	}
	/* Two runs with the same attach --seed and rules are the same. */
	if (!(rule->flags & FL_RULE_SEEDED))
		rule->seed = fl_draw(record->seed, 0, rule->age);
	err = install_rule(stage->dev, rule, id,
			   roster_take_handle(stage->roster, record));
	if (err)
		return failure(err, error);
	put_slot(stage, id);
	roster_add(stage->roster, id);
	if (stage->files)
		err = files_note(stage->files, &stage->dev->specs[id].rule);
	return err ? failure(err, error) : 0;
}

/* ---- into force --------------------------------------------------------- */

int stage_switch(struct device *dev, const struct compile_rule *rules,
		 size_t count, struct fl_error *error)
{
	__u32 generation = generation_next(dev->control->generation);
	int err = obj_wait_walks(dev->map[OBJ_RUNS]);

	if (err)
		return failure(err, error);
	err = pools_compile(dev, rules, count, generation & 1);
	if (err == -E2BIG)
		return fl_fail(error, FL_EXIT_ERROR,
			       "too many different combinations of addresses "
			       "and ports for one device");
	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "%s", strerror(-err));
	err = generation_switch(dev, generation);
	return err ? failure(err, error) : 0;
}

static int compare_slots(const void *a, const void *b)
{
	const struct stage_slot *x = a, *y = b;

	if (x->prio != y->prio)
		return x->prio < y->prio ? -1 : 1;
	return x->age < y->age ? -1 : x->age > y->age;
}

/* The guards, then the rules. */
static void list_rules(const struct stage *stage, const struct fl_rule *guards,
		       size_t guard_count, struct compile_rule *list)
{
	__u64 now_ns = clock_boot_ns();

	for (size_t i = 0; i < guard_count; i++)
		*list++ = (struct compile_rule){
			.rule = &guards[i],
			.cand = FL_CAND(FL_HANDLE_EXEMPT, 0),
			.id = FL_ID_EXEMPT,
		};
	for (size_t i = 0; i < stage->slot_count; i++) {
		const struct fl_rule *rule = rule_of(stage, i);
		__u16 id = stage->slots[i].id;

		*list = (struct compile_rule){ rule, FL_CAND_NONE, id };
		if (!is_expired(rule, now_ns))
			list->cand = FL_CAND(stage->dev->specs[id].handle,
					     compile_is_numbered(rule));
		list++;
	}
}

/* Those that this change takes out of force. On record before it does. */
static int note_resting(const struct stage *stage)
{
	struct device *dev = stage->dev;
	__u32 count;
	const struct fl_position *active = device_active_rules(dev, &count);

	for (__u32 i = 0; i < count; i++)
		if (!roster_has(stage->roster, active[i].id))
			ids_put(&dev->record.resting, active[i].id);
	return device_write_record(dev);
}

int stage_commit(struct stage *stage, struct fl_error *error)
{
	static struct fl_rule guards[FL_GUARDS_MAX];
	size_t count = guard_rules(&stage->dev->record, guards);
	int code, err = note_resting(stage);
	struct compile_rule *list;

	if (err)
		return failure(err, error);
	close_gaps(stage);
	qsort(stage->slots, stage->slot_count, sizeof(*stage->slots),
	      compare_slots);
	list = calloc(count + stage->slot_count + 1, sizeof(*list));
	if (!list)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	list_rules(stage, guards, count, list);
	code = stage_switch(stage->dev, list, count + stage->slot_count, error);
	free(list);
	return code;
}

int stage_make_room(struct stage *stage, struct fl_error *error)
{
	const struct contents *contents = stage->contents;
	struct device *dev = stage->dev;
	size_t room = stage->room;
	int err, code;

	stage_drop_expired(stage, NULL);
	code = stage_commit(stage, error);
	if (code)
		return code;
	stage_end(stage);
	code = stage_begin(stage, dev, room, contents, error);
	if (code)
		return code;
	err = settle(stage);
	return err ? failure(err, error) : 0;
}

/* ---- a replay ----------------------------------------------------------- */

static int replay_rule(struct stage *stage, struct fl_rule *rule,
		       struct fl_error *error)
{
	int code;

	if (stage_has(stage, rule->name))
		return fl_fail(error, FL_EXIT_ERROR,
			       "two rules are named \"%s\"", rule->name);
	code = stage_files(stage, rule, error);
	return code ? code : stage_rule(stage, rule, error);
}

int stage_replay(struct device *dev, struct fl_rule *rules, size_t count,
		 struct fl_error *error)
{
	struct contents *contents;
	struct stage stage;
	int code = contents_read(rules, count, &contents, error);

	if (code)
		return code;
	code = stage_begin(&stage, dev, count, contents, error);
	if (code) {
		contents_free(contents);
		return code;
	}
	stage.timeless = stage.settled = true;
	code = stage_names(&stage, rules, count, error);
	for (size_t i = 0; i < count && !code; i++)
		code = replay_rule(&stage, &rules[i], error);
	if (!code)
		code = stage_commit(&stage, error);
	stage_end(&stage);
	contents_free(contents);
	return code;
}
