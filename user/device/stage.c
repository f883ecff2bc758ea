/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/category.h>
#include <faultline/rng.h>

#include "compile/guard.h"
#include "files.h"
#include "install.h"
#include "roster.h"

/* One rule; what decides the order is here, because specs are far apart. */
struct stage_slot {
	__u64 age;
	__u32 prio;
	__u16 id;
};

int stage_failure(int err, struct fl_error *error)
{
	return fl_fail(error,
		       err == -EPERM ? FL_EXIT_PERMISSION : FL_EXIT_ERROR,
		       "cannot change the rules: %s", strerror(-err));
}

static struct fl_rule *rule_of(const struct stage *stage, size_t slot)
{
	return &stage->dev->specs[stage->slots[slot].id].rule;
}

/* Whether it was not dropped; another rule may have got its id. */
static bool is_there(const struct stage *stage, size_t slot)
{
	return stage->roster->present[stage->slots[slot].id] &&
	       stage->slots[slot].age == rule_of(stage, slot)->age;
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
		struct fl_error *error)
{
	__u32 count;
	const struct fl_position *active = device_active_rules(dev, &count);

	*stage = (struct stage){ .dev = dev };
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
}

size_t stage_count(const struct stage *stage)
{
	return stage->roster->count;
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

void stage_drop_expired(struct stage *stage, const char *name)
{
	__u64 now_ns = clock_boot_ns();
	__u16 id = name ? roster_find(stage->roster, name) : 0;

	if (id && is_expired(&stage->dev->specs[id].rule, now_ns))
		roster_drop(stage->roster, id);
	for (size_t i = 0; i < stage->slot_count && !name; i++)
		if (is_expired(rule_of(stage, i), now_ns))
			roster_drop(stage->roster, stage->slots[i].id);
}

void stage_delete(struct stage *stage, char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		__u16 id = roster_find(stage->roster, names[i]);

		if (id)
			roster_drop(stage->roster, id);
	}
	for (size_t i = 0; i < stage->slot_count && !count; i++)
		roster_drop(stage->roster, stage->slots[i].id);
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
	if (!files_named(rule))
		return 0;
	if (!stage->files && note_files(stage))
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	return files_place(stage->files, rule, error);
}

static __u16 take_id(struct stage *stage, bool holds)
{
	struct fl_device *record = &stage->dev->record;
	__u16 id = roster_take_id(stage->roster, record, holds);

	if (id)
		return id;
	stage_drop_expired(stage, NULL);
	return roster_take_id(stage->roster, record, holds);
}

int stage_rule(struct stage *stage, struct fl_rule *rule,
	       struct fl_error *error)
{
	struct fl_device *record = &stage->dev->record;
	__u16 id = take_id(stage, fl_rule_holds(rule));
	int err;

	if (!id)
		return fl_fail(error, FL_EXIT_ERROR,
			       "at most %d rules of a device can delay packets",
			       FL_HOLDS_MAX);
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
		return stage_failure(err, error);
	put_slot(stage, id);
	roster_add(stage->roster, id);
	if (stage->files)
		err = files_note(stage->files, &stage->dev->specs[id].rule);
	return err ? stage_failure(err, error) : 0;
}

/* ---- into force --------------------------------------------------------- */

static __u32 next_generation(__u32 generation)
{
	return generation >= FL_GEN_LAST ? 1 + (generation & 1) :
					   generation + 1;
}

/*
 * The numbers of generations begin anew: no flow may be left with candidates of
 * another than @current. A slot that is being written is waited for.
 */
static int forget_generations(struct device *dev, __u32 current)
{
	struct fl_flow *flows;
	int err = obj_map_mmap(dev->map[OBJ_FLOWS], sizeof(*flows),
			       dev->sizes.slots, 1, (void **)&flows);

	for (__u32 i = 0; !err && i < dev->sizes.slots; i++) {
		__u32 word = __atomic_load_n(&flows[i].word, __ATOMIC_ACQUIRE);

		while (FL_WORD_GENERATION(word) != FL_GEN_EMPTY &&
		       FL_WORD_GENERATION(word) != current &&
		       (FL_WORD_GENERATION(word) == FL_GEN_BUSY ||
			!__atomic_compare_exchange_n(
				&flows[i].word, &word,
				FL_WORD(FL_GEN_STALE, word), false,
				__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)))
			word = __atomic_load_n(&flows[i].word,
					       __ATOMIC_ACQUIRE);
	}
	if (!err)
		obj_map_munmap(flows, sizeof(*flows), dev->sizes.slots);
	return err;
}

/* Puts @generation into force. When the numbers begin anew, programs that run
 * write the last one still: once more after they have ended. */
static int switch_generation(struct device *dev, __u32 generation)
{
	bool anew = generation < dev->control->generation;
	int err = anew ? forget_generations(dev, dev->control->generation) : 0;

	if (err)
		return err;
	__atomic_store_n(&dev->control->generation, generation,
			 __ATOMIC_SEQ_CST);
	if (anew)
		err = obj_wait_programs();
	return anew && !err ? forget_generations(dev, generation) : err;
}

int stage_switch(struct device *dev, const struct compile_rule *rules,
		 size_t count, struct fl_error *error)
{
	__u32 generation = next_generation(dev->control->generation);
	const struct fl_maps maps = {
		.rulesets = dev->rulesets,
		.positions = dev->positions,
		.vectors = dev->vectors,
		.blocks = dev->blocks,
		.intervals = dev->intervals,
		.intervals6 = dev->intervals6,
		.sizes = dev->sizes,
	};
	int err = compile_ruleset(rules, count, &maps, generation & 1);

	if (err == -E2BIG)
		return fl_fail(error, FL_EXIT_ERROR,
			       "too many different addresses and ports for one "
			       "device: at most %u combinations",
			       dev->sizes.vectors);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "%s", strerror(-err));
	err = switch_generation(dev, generation);
	return err ? stage_failure(err, error) : 0;
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

int stage_commit(struct stage *stage, struct fl_error *error)
{
	static struct fl_rule guards[FL_GUARDS_MAX];
	size_t count = guard_rules(&stage->dev->record, guards);
	struct compile_rule *list;
	int code;

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
	struct stage stage;
	int code = stage_begin(&stage, dev, count, error);

	if (code)
		return code;
	stage.timeless = true;
	code = stage_names(&stage, rules, count, error);
	for (size_t i = 0; i < count && !code; i++)
		code = replay_rule(&stage, &rules[i], error);
	if (!code)
		code = stage_commit(&stage, error);
	stage_end(&stage);
	return code;
}
