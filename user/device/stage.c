/* SPDX-License-Identifier: GPL-2.0-only */
#include "stage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/rng.h>

#include "compile/guard.h"
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

	*stage = (struct stage){ .dev = dev };
	stage->slots = calloc(active->rule_count + room + 1,
			      sizeof(*stage->slots));
	if (!stage->slots)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	for (__u32 i = 0; i < active->rule_count; i++) {
		struct stage_slot *slot = &stage->slots[stage->count++];
		int err;

		slot->id = active->rule_ids[i];
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

int stage_files(struct stage *stage, struct fl_rule *rule,
		struct fl_error *error)
{
	const struct fl_rule **others = calloc(stage->count + 1,
					       sizeof(*others));
	int code;

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

/* Next id that no rule in force has, after the one given last: the longer an
 * id rests, the less likely that a sleeping flow still names it. */
static __u16 take_id(const struct stage *stage)
{
	for (;;) {
		__u16 id = (__u16)(stage->dev->record.next_id++ % FL_RULES_MAX);
		size_t i;

		for (i = 0; i < stage->count && stage->slots[i].id != id; i++)
			;
		if (i == stage->count)
			return id;
	}
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
	slot->id = take_id(stage);
	err = write_rule(stage->dev, rule, slot);
	if (err)
		return stage_failure(err, error);
	stage->count++;
	return 0;
}

/* ---- into force --------------------------------------------------------- */

static __u32 next_generation(__u32 generation)
{
	return generation >= FL_GEN_LAST ? 1 + (generation & 1) :
					   generation + 1;
}

/* A slot that is being written is waited for. */
static int forget_side(struct device *dev, enum obj_map map, __u32 current)
{
	struct fl_flow *flows;
	int err = obj_map_mmap(dev->map[map], sizeof(*flows), dev->slots, 1,
			       (void **)&flows);

	for (__u32 i = 0; !err && i < dev->slots; i++) {
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
		obj_map_munmap(flows, sizeof(*flows), dev->slots);
	return err;
}

/* The numbers of generations begin anew: no flow may be left with candidates of
 * another than @current. */
static int forget_generations(struct device *dev, __u32 current)
{
	int err = forget_side(dev, OBJ_FLOWS, current);

	return err ? err : forget_side(dev, OBJ_FLOWS_OUT, current);
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
		 size_t count, const __u16 *ids, size_t id_count,
		 struct fl_error *error)
{
	__u32 generation = next_generation(dev->control->generation);
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
	err = switch_generation(dev, generation);
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

int stage_commit(struct stage *stage, struct fl_error *error)
{
	static struct fl_rule guards[FL_GUARDS_MAX];
	static struct compile_rule rules[FL_POSITIONS];
	static __u16 ids[FL_RULES_MAX];
	size_t count = guard_rules(&stage->dev->record, guards);

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
	stage.timeless = true;
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
