/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/rng.h>

#include "compile/guard.h"
#include "generation.h"
#include "ids.h"
#include "kernel/counters.h"
#include "open.h"
#include "tables.h"
#include "traces.h"

struct stage_slot {
	struct fl_spec spec;
	__u16 id;
};

int stage_failure(int err, struct fl_error *error)
{
	return fl_fail(error,
		       err == -EPERM ? FL_EXIT_PERMISSION : FL_EXIT_ERROR,
		       "cannot change the rules: %s", strerror(-err));
}

/* ---- the rules in force ------------------------------------------------- */

int stage_begin(struct stage *stage, struct device *dev, size_t room,
		struct fl_error *error)
{
	const struct fl_ruleset *active = device_active_rules(dev);
	/* As the last change left it: the device was opened before the lock. */
	int err = obj_map_read(dev->map[OBJ_DEVICE], 0, &dev->record);

	if (!err)
		err = obj_wait_walks(dev->map[OBJ_RUNS]);
	if (err)
		return stage_failure(err, error);
	*stage = (struct stage){ .dev = dev };
	stage->slots = calloc(active->rule_count + room + 1,
			      sizeof(*stage->slots));
	if (!stage->slots)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	for (__u32 i = 0; i < active->rule_count; i++) {
		struct stage_slot *slot = &stage->slots[stage->count++];

		slot->id = active->rule_ids[i];
		ids_put(&stage->taken, slot->id);
		err = obj_map_read(dev->map[OBJ_SPECS], slot->id, &slot->spec);
		if (err) {
			stage_end(stage);
			return fl_fail(error, FL_EXIT_ERROR,
				       "cannot read the rules: %s",
				       strerror(-err));
		}
	}
	return 0;
}

void stage_end(struct stage *stage)
{
	free(stage->slots);
}

bool stage_has(const struct stage *stage, const char *name)
{
	for (size_t i = 0; i < stage->count; i++)
		if (!strcmp(stage->slots[i].spec.rule.name, name))
			return true;
	return false;
}

static bool is_expired(const struct fl_rule *rule)
{
	return rule->expiry_ns && rule->expiry_ns <= clock_boot_ns();
}

void stage_drop_expired(struct stage *stage, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < stage->count; i++) {
		const struct fl_rule *rule = &stage->slots[i].spec.rule;

		if ((name && strcmp(rule->name, name)) || !is_expired(rule))
			stage->slots[kept++] = stage->slots[i];
	}
	stage->count = kept;
}

size_t stage_lasting(const struct stage *stage)
{
	size_t count = 0;

	for (size_t i = 0; i < stage->count; i++)
		count += !is_expired(&stage->slots[i].spec.rule);
	return count;
}

static bool is_named(const char *name, char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(name, names[i]))
			return true;
	return !count;
}

void stage_delete(struct stage *stage, char *const names[], size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < stage->count; i++)
		if (!is_named(stage->slots[i].spec.rule.name, names, count))
			stage->slots[kept++] = stage->slots[i];
	stage->count = kept;
}

/* ---- one more ----------------------------------------------------------- */

static bool has_name(const struct fl_rule *rules, size_t count,
		     const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rules[i].name, name))
			return true;
	return false;
}

/* Notes that the name "rN" is taken, where @name is that of an N so small that
 * it could be given. */
static void note_number(const char *name, bool *taken, size_t numbers)
{
	char plain[FL_NAME_LEN];
	unsigned long number;

	if (*name != 'r')
		return;
	number = strtoul(name + 1, NULL, 10);
	snprintf(plain, sizeof(plain), "r%lu", number);
	if (number < numbers && !strcmp(name, plain))
		taken[number] = true;
}

int stage_names(const struct stage *stage, struct fl_rule *rules, size_t count,
		struct fl_error *error)
{
	size_t number = 1, numbers = stage->count + count + 1;
	bool *taken = calloc(numbers, sizeof(*taken));

	if (!taken)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	for (size_t i = 0; i < stage->count; i++)
		note_number(stage->slots[i].spec.rule.name, taken, numbers);
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

static bool has_files(const struct fl_rule *rule)
{
	for (int file = 0; file < FL_FILES; file++)
		if (*rule->file[file])
			return true;
	return false;
}

int stage_files(struct stage *stage, struct fl_rule *rule,
		struct fl_error *error)
{
	const struct fl_rule **others;
	int code, err;

	if (!has_files(rule))
		return 0;
	/* What deleted rules had read there may be written over. */
	err = settle(stage);
	if (err)
		return stage_failure(err, error);
	others = calloc(stage->count + 1, sizeof(*others));
	if (!others)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	for (size_t i = 0; i < stage->count; i++)
		others[i] = &stage->slots[i].spec.rule;
	code = traces_place(stage->dev, rule, others, stage->count, error);
	if (!code)
		code = tables_place(stage->dev, rule, others, stage->count,
				    error);
	free(others);
	return code;
}

static int take_id(struct stage *stage, __u16 *id)
{
	struct fl_device *record = &stage->dev->record;
	int err = ids_take(&stage->taken, record, id);

	if (err != -ENOSPC)
		return err;
	err = settle(stage);
	return err ? err : ids_take(&stage->taken, record, id);
}

/* Counters go on for ever; a rule's own begin at what its id had before. */
static int write_base(struct device *dev, struct stage_slot *slot)
{
	for (__u32 side = 0; side < FL_SIDES; side++) {
		__u32 at = slot->id * FL_SIDES + side;
		int err = counters_read(dev->map[OBJ_COUNTS], at,
					&slot->spec.base[side]);
		if (err)
			return err;
		slot->spec.base_holding[side] = dev->holdings[at];
	}
	return 0;
}

/* All that the datapath keeps of @rule, begun anew. */
static int write_state(struct device *dev, const struct fl_rule *rule, __u16 id)
{
	struct fl_timing timing;
	struct fl_line line = { 0 };
	struct fl_chain chain;
	int err;

	compile_chain(rule, &chain);
	compile_timing(rule, &timing);
	err = obj_map_write(dev->map[OBJ_CHAINS], id, &chain);
	if (!err)
		err = obj_map_write(dev->map[OBJ_TIMINGS], id, &timing);
	for (__u32 side = 0; side < FL_SIDES && !err; side++) {
		dev->holdings[id * FL_SIDES + side].held = 0;
		err = obj_map_write(dev->map[OBJ_LINES], id * FL_SIDES + side,
				    &line);
	}
	return err;
}

static int write_rule(struct device *dev, const struct fl_rule *rule,
		      struct stage_slot *slot)
{
	struct fl_spec old;
	struct fl_action action;
	int err = obj_map_read(dev->map[OBJ_SPECS], slot->id, &old);

	if (err)
		return err;
	slot->spec.rule = *rule;
	slot->spec.version = (old.version + 1) % FL_ID_VERSIONS;
	err = write_base(dev, slot);
	if (!err)
		err = write_state(dev, rule, slot->id);
	if (err)
		return err;
	compile_action(rule, slot->id, &action);
	dev->actions[slot->id] = action;
	return obj_map_write(dev->map[OBJ_SPECS], slot->id, &slot->spec);
}

int stage_rule(struct stage *stage, struct fl_rule *rule,
	       struct fl_error *error)
{
	struct stage_slot *slot = &stage->slots[stage->count];
	struct fl_device *record = &stage->dev->record;
	int err;

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
	memset(slot, 0, sizeof(*slot));
	err = take_id(stage, &slot->id);
	if (!err)
		err = write_rule(stage->dev, rule, slot);
	if (err)
		return stage_failure(err, error);
	stage->count++;
	return 0;
}

/* ---- into force --------------------------------------------------------- */

int stage_switch(struct device *dev, const struct compile_rule *rules,
		 size_t count, const __u16 *ids, size_t id_count,
		 struct fl_error *error)
{
	__u32 generation = generation_next(dev->control->generation);
	struct fl_ruleset *out = &dev->rulesets[generation & 1];
	int err = compile_ruleset(rules, count, out);

	if (err == -E2BIG)
		return fl_fail(error, FL_EXIT_ERROR,
			       "too many different addresses and ports for one "
			       "device: at most %d combinations",
			       FL_CLASSES_MAX);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "%s", strerror(-err));
	out->rule_count = (__u32)id_count;
	if (id_count)
		memcpy(out->rule_ids, ids, id_count * sizeof(*ids));
	err = generation_switch(dev, generation);
	return err ? stage_failure(err, error) : 0;
}

static int compare_slots(const void *a, const void *b)
{
	const struct fl_rule *x = &((const struct stage_slot *)a)->spec.rule;
	const struct fl_rule *y = &((const struct stage_slot *)b)->spec.rule;

	if (x->prio != y->prio)
		return x->prio < y->prio ? -1 : 1;
	return x->age < y->age ? -1 : x->age > y->age;
}

/* Those that this change takes out of force. On record before it does. */
static int note_resting(const struct stage *stage)
{
	const struct fl_ruleset *active = device_active_rules(stage->dev);
	struct fl_ids stay = { 0 };

	for (size_t i = 0; i < stage->count; i++)
		ids_put(&stay, stage->slots[i].id);
	for (__u32 i = 0; i < active->rule_count; i++)
		if (!ids_have(&stay, active->rule_ids[i]))
			ids_put(&stage->dev->record.resting,
				active->rule_ids[i]);
	return device_write_record(stage->dev);
}

int stage_commit(struct stage *stage, struct fl_error *error)
{
	static struct fl_rule guards[FL_GUARDS_MAX];
	static struct compile_rule rules[FL_POSITIONS];
	static __u16 ids[FL_RULES_MAX];
	size_t count = guard_rules(&stage->dev->record, guards);
	int err = note_resting(stage);

	if (err)
		return stage_failure(err, error);
	for (size_t i = 0; i < count; i++)
		rules[i] = (struct compile_rule){ &guards[i],
						  FL_CAND(FL_ID_EXEMPT, 0, 0) };
	qsort(stage->slots, stage->count, sizeof(*stage->slots), compare_slots);
	for (size_t i = 0; i < stage->count; i++) {
		const struct fl_spec *spec = &stage->slots[i].spec;
		__u32 numbered = (__u32)compile_is_numbered(&spec->rule);

		ids[i] = stage->slots[i].id;
		rules[count] = (struct compile_rule){ &spec->rule,
						      FL_CAND_NONE };
		if (!is_expired(&spec->rule))
			rules[count].cand = FL_CAND(ids[i], spec->version,
						    numbered);
		count++;
	}
	return stage_switch(stage->dev, rules, count, ids, stage->count, error);
}

int stage_make_room(struct stage *stage, struct fl_error *error)
{
	int code, err;

	stage_drop_expired(stage, NULL);
	code = stage_commit(stage, error);
	if (code)
		return code;
	stage->settled = false;
	err = settle(stage);
	if (err)
		return stage_failure(err, error);
	stage->taken = (struct fl_ids){ 0 };
	for (size_t i = 0; i < stage->count; i++)
		ids_put(&stage->taken, stage->slots[i].id);
	return 0;
}

/* ---- a replay ----------------------------------------------------------- */

static int check_names(const struct fl_rule *rules, size_t count,
		       struct fl_error *error)
{
	for (size_t i = 0; i < count; i++)
		if (*rules[i].name && has_name(rules, i, rules[i].name))
			return fl_fail(error, FL_EXIT_ERROR,
				       "two rules are named \"%s\"",
				       rules[i].name);
	return 0;
}

int stage_replay(struct device *dev, struct fl_rule *rules, size_t count,
		 struct fl_error *error)
{
	struct stage stage;
	int code = check_names(rules, count, error);

	if (!code)
		code = stage_begin(&stage, dev, count, error);
	if (code)
		return code;
	stage.timeless = stage.settled = true;
	code = stage_names(&stage, rules, count, error);
	for (size_t i = 0; i < count && !code; i++) {
		code = stage_files(&stage, &rules[i], error);
		if (!code)
			code = stage_rule(&stage, &rules[i], error);
	}
	if (!code)
		code = stage_commit(&stage, error);
	stage_end(&stage);
	return code;
}
