/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing the rules. Everything is written where no program can see it yet,
 * then one 32-bit store puts it into force: killed before it, the old rules
 * hold, after it the new ones.
 */
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <faultline/category.h>
#include <faultline/rng.h>

#include "compile/guard.h"
#include "fit.h"
#include "hooks.h"
#include "stats/counters.h"
#include "tables.h"
#include "traces.h"
#include "base/ssh.h"
#include "kernel/counters.h"
#include "ways_make.h"

struct slot {
	struct fl_spec spec;
	__u16 id;
};

/* The rules in force plus those to come, in order of matching. */
struct ruleset {
	struct slot *slots;
	size_t count;
};

static int read_rules(const struct device *dev, size_t room, struct ruleset *r,
		      struct fl_error *error)
{
	const struct fl_ruleset *active = device_active_rules(dev);

	r->count = 0;
	r->slots = calloc(active->rule_count + room + 1, sizeof(*r->slots));
	if (!r->slots)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	for (__u32 i = 0; i < active->rule_count; i++) {
		struct slot *slot = &r->slots[r->count++];
		int err;

		slot->id = active->rule_ids[i];
		err = obj_map_read(dev->map[OBJ_SPECS], slot->id, &slot->spec);
		if (err) {
			free(r->slots);
			return fl_fail(error, FL_EXIT_ERROR,
				       "cannot read the rules: %s",
				       strerror(-err));
		}
	}
	return 0;
}

static int compare_slots(const void *a, const void *b)
{
	const struct fl_rule *x = &((const struct slot *)a)->spec.rule;
	const struct fl_rule *y = &((const struct slot *)b)->spec.rule;

	if (x->prio != y->prio)
		return x->prio < y->prio ? -1 : 1;
	return x->age < y->age ? -1 : x->age > y->age;
}

static const struct slot *find_name(const struct ruleset *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (!strcmp(r->slots[i].spec.rule.name, name))
			return &r->slots[i];
	return NULL;
}

static bool is_expired(const struct fl_rule *rule)
{
	return rule->expiry_ns && rule->expiry_ns <= clock_boot_ns();
}

/* An expired rule is kept for its counters, but not at the cost of a new one:
 * drops those named @name, or all of them where that is NULL. */
static void drop_expired(struct ruleset *r, const char *name)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct fl_rule *rule = &r->slots[i].spec.rule;

		if (!is_expired(rule) || (name && strcmp(rule->name, name)))
			r->slots[kept++] = r->slots[i];
	}
	r->count = kept;
}

static void give_name(const struct ruleset *r, struct fl_rule *rule)
{
	for (unsigned n = 1; !*rule->name; n++) {
		char name[FL_NAME_LEN];

		snprintf(name, sizeof(name), "r%u", n);
		if (!find_name(r, name))
			memcpy(rule->name, name, sizeof(name));
	}
}

/* Next id that no rule in force has, after the one given last: the longer an
 * id rests, the less likely that a sleeping flow still names it. */
static __u16 take_id(struct device *dev, const struct ruleset *r)
{
	for (;;) {
		__u16 id = (__u16)(dev->record.next_id++ % FL_RULES_MAX);
		size_t i;

		for (i = 0; i < r->count && r->slots[i].id != id; i++)
			;
		if (i == r->count)
			return id;
	}
}

/* Counters go on for ever; a rule's own begin at what its id had before. */
static int stage_base(struct device *dev, struct slot *slot)
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

int rules_stage_state(struct device *dev, const struct fl_rule *rule, __u16 id)
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

static int stage(struct device *dev, struct ruleset *r, struct fl_rule *rule)
{
	struct slot *slot = &r->slots[r->count];
	struct fl_spec old;
	struct fl_action action;
	int err;

	give_name(r, rule);
	rule->age = dev->record.next_age++;
	rule->created_ns = clock_boot_ns();
	rule->expiry_ns = rule->lease_ns ? rule->created_ns + rule->lease_ns :
					   0;
	/* Two runs with the same attach --seed and rules are the same. */
	if (!(rule->flags & FL_RULE_SEEDED))
		rule->seed = fl_draw(dev->record.seed, 0, rule->age);
	memset(slot, 0, sizeof(*slot));
	slot->id = take_id(dev, r);
	err = obj_map_read(dev->map[OBJ_SPECS], slot->id, &old);
	if (err)
		return err;
	slot->spec.rule = *rule;
	slot->spec.version = (old.version + 1) % FL_ID_VERSIONS;
	err = stage_base(dev, slot);
	if (err)
		return err;
	err = rules_stage_state(dev, rule, slot->id);
	if (err)
		return err;
	compile_action(rule, &action);
	dev->actions[slot->id] = action;
	r->count++;
	return obj_map_write(dev->map[OBJ_SPECS], slot->id, &slot->spec);
}

static __u32 next_generation(__u32 generation)
{
	return generation >= FL_GEN_LAST ? 1 + (generation & 1) :
					   generation + 1;
}

int rules_switch(struct device *dev, const struct compile_rule *rules,
		 size_t count, const __u16 *ids, size_t id_count,
		 struct fl_error *error)
{
	__u32 generation = next_generation(dev->control->generation);
	struct fl_ruleset *out = malloc(sizeof(*out));
	int err;

	if (!out)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	err = compile_ruleset(rules, count, out);
	if (err == -E2BIG) {
		free(out);
		return fl_fail(error, FL_EXIT_ERROR,
			       "too many different addresses and ports for one "
			       "device: at most %d combinations",
			       FL_CLASSES_MAX);
	}
	if (err) {
		free(out);
		return fl_fail(error, FL_EXIT_ERROR, "%s", strerror(-err));
	}
	out->rule_count = (__u32)id_count;
	if (id_count)
		memcpy(out->rule_ids, ids, id_count * sizeof(*ids));
	memcpy(&dev->rulesets[generation & 1], out, sizeof(*out));
	free(out);
	__atomic_store_n(&dev->control->generation, generation,
			 __ATOMIC_SEQ_CST);
	return 0;
}

static int put_into_force(struct device *dev, struct ruleset *r,
			  struct fl_error *error)
{
	static struct fl_rule guards[FL_GUARDS_MAX];
	static struct compile_rule rules[FL_POSITIONS];
	static __u16 ids[FL_RULES_MAX];
	size_t count = guard_rules(&dev->record, guards);

	for (size_t i = 0; i < count; i++)
		rules[i] = (struct compile_rule){ &guards[i],
						  FL_CAND(FL_ID_EXEMPT, 0, 0) };
	qsort(r->slots, r->count, sizeof(*r->slots), compare_slots);
	for (size_t i = 0; i < r->count; i++) {
		const struct fl_spec *spec = &r->slots[i].spec;
		__u32 numbered = (__u32)compile_is_numbered(&spec->rule);

		ids[i] = r->slots[i].id;
		rules[count] = (struct compile_rule){ &spec->rule,
						      FL_CAND_NONE };
		if (!is_expired(&spec->rule))
			rules[count].cand = FL_CAND(ids[i], spec->version,
						    numbered);
		count++;
	}
	return rules_switch(dev, rules, count, ids, r->count, error);
}

static int failure(int err, struct fl_error *error)
{
	return fl_fail(error,
		       err == -EPERM ? FL_EXIT_PERMISSION : FL_EXIT_ERROR,
		       "cannot change the rules: %s", strerror(-err));
}

/* What the rule needs of the device and of files. */
static int provide(struct device *dev, const struct ruleset *r,
		   struct fl_rule *rule, struct fl_error *error)
{
	const struct fl_rule **others;
	int code = fit_rule(dev, rule, error);

	if (!code && rule->directions & FL_DIR_IN && compile_needs_tc(rule))
		code = hooks_attach_late(dev, error);
	if (code)
		return code;
	others = calloc(r->count + 1, sizeof(*others));
	if (!others)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	for (size_t i = 0; i < r->count; i++)
		others[i] = &r->slots[i].spec.rule;
	code = traces_place(dev, rule, others, r->count, error);
	if (!code)
		code = tables_place(dev, rule, others, r->count, error);
	free(others);
	if (!code && fl_rule_holds(rule) && !(rule->flags & FL_RULE_DRY_RUN))
		code = ways_make(dev, error);
	return code;
}

static int add_locked(struct device *dev, struct fl_rule *rules, size_t count,
		      struct fl_error *error)
{
	struct ruleset r;
	int err = obj_wait_programs();

	if (!err)
		err = obj_map_read(dev->map[OBJ_DEVICE], 0, &dev->record);
	if (err)
		return failure(err, error);
	err = read_rules(dev, count, &r, error);
	if (err)
		return err;
	if (r.count + count > FL_RULES_MAX)
		drop_expired(&r, NULL);
	if (r.count + count > FL_RULES_MAX) {
		free(r.slots);
		return fl_fail(
			error, FL_EXIT_ERROR,
			"a device takes at most %d rules, and there are %zu",
			FL_RULES_MAX, r.count);
	}
	guard_add_port(&dev->record, ssh_port());
	for (size_t i = 0; i < count && !err; i++) {
		if (*rules[i].name)
			drop_expired(&r, rules[i].name);
		if (*rules[i].name && find_name(&r, rules[i].name)) {
			err = fl_fail(error, FL_EXIT_ERROR,
				      "there is already a rule \"%s\"",
				      rules[i].name);
			break;
		}
		err = provide(dev, &r, &rules[i], error);
		if (err)
			break;
		err = stage(dev, &r, &rules[i]);
		if (err)
			err = failure(err, error);
	}
	if (!err && (err = device_write_record(dev)))
		err = failure(err, error);
	if (!err)
		err = put_into_force(dev, &r, error);
	free(r.slots);
	return err;
}

int device_add_rules(struct device *dev, struct fl_rule *rules, size_t count,
		     struct fl_error *error)
{
	int lock, code = device_lock(&lock, error);

	if (code)
		return code;
	code = add_locked(dev, rules, count, error);
	close(lock);
	return code;
}

static bool is_named(const char *name, char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(name, names[i]))
			return true;
	return !count;
}

static int delete_locked(struct device *dev, char *const names[], size_t count,
			 size_t *deleted, struct fl_error *error)
{
	struct ruleset r;
	size_t kept = 0;
	int err = obj_wait_programs();

	if (err)
		return failure(err, error);
	err = read_rules(dev, 0, &r, error);
	if (err)
		return err;
	for (size_t i = 0; i < count && !err; i++)
		if (!find_name(&r, names[i]))
			err = fl_fail(error, FL_EXIT_ERROR, "no rule \"%.40s\"",
				      names[i]);
	for (size_t i = 0; i < r.count && !err; i++)
		if (!is_named(r.slots[i].spec.rule.name, names, count))
			r.slots[kept++] = r.slots[i];
	*deleted = r.count - kept;
	r.count = kept;
	if (!err)
		err = put_into_force(dev, &r, error);
	free(r.slots);
	return err;
}

int device_delete_rules(struct device *dev, char *const names[], size_t count,
			size_t *deleted, struct fl_error *error)
{
	int lock, code = device_lock(&lock, error);

	if (code)
		return code;
	code = delete_locked(dev, names, count, deleted, error);
	close(lock);
	return code;
}
