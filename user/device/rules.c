/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules of an attached device: added and deleted. */
#include <faultline/category.h>

#include "base/ssh.h"
#include "compile/guard.h"
#include "contents.h"
#include "drain.h"
#include "fit.h"
#include "health.h"
#include "hooks.h"
#include "load.h"
#include "loopback.h"
#include "open.h"
#include "stage.h"
#include "ways_make.h"
#include "ways_probe.h"

/* What a rule may need of the device. */
enum { TAILS = 1, LATE = 2, WAYS = 4, ROUTES = 8 };

/* Whether some of its packets arrive without the route they were sent with. */
static bool loses_routes(const struct fl_rule *rule)
{
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (rule->impairs[i].kind == FL_IMPAIR_DUPLICATE ||
		    rule->impairs[i].kind == FL_IMPAIR_REJECT)
			return true;
	return fl_rule_holds(rule);
}

static bool holds(const struct fl_rule *rule)
{
	return fl_rule_holds(rule) && !(rule->flags & FL_RULE_DRY_RUN);
}

static unsigned needs(const struct fl_rule *rule)
{
	unsigned needed = 0;

	if (compile_needs_tc(rule))
		needed |= TAILS;
	if (compile_needs_tc(rule) && rule->directions & FL_DIR_IN)
		needed |= LATE;
	if (holds(rule))
		needed |= WAYS;
	if (compile_needs_tc(rule) && loses_routes(rule))
		needed |= ROUTES;
	return needed;
}

/* That and the rule's files. */
static int provide(struct stage *stage, struct fl_rule *rule,
		   struct fl_error *error)
{
	const unsigned needed = needs(rule) & ~stage->provided;
	struct device *dev = stage->dev;
	int code = fit_rule(&dev->record, rule, error);

	if (!code && needed & TAILS)
		code = load_tails(dev, error);
	if (!code && needed & LATE)
		code = hooks_attach_late(dev, error);
	if (!code)
		code = stage_files(stage, rule, error);
	if (!code && needed & WAYS)
		code = ways_make(dev, error);
	if (!code && needed & ROUTES)
		code = loopback_let_in(dev, error);
	if (!code && holds(rule))
		code = ways_probe(dev, rule->directions, error);
	if (!code)
		stage->provided |= needed;
	return code;
}

static int add_rule(struct stage *stage, struct fl_rule *rule,
		    struct fl_error *error)
{
	int code;

	stage_drop_expired(stage, rule->name);
	if (stage_has(stage, rule->name))
		return fl_fail(error, FL_EXIT_ERROR,
			       "there is already a rule \"%s\"", rule->name);
	code = provide(stage, rule, error);
	return code ? code : stage_rule(stage, rule, error);
}

static size_t count_holds(const struct fl_rule *rules, size_t count)
{
	size_t holds = 0;

	for (size_t i = 0; i < count; i++)
		holds += fl_rule_holds(&rules[i]) != 0;
	return holds;
}

static int check_room(struct stage *stage, const struct fl_rule *rules,
		      size_t count, struct fl_error *error)
{
	const struct stage_room room = stage_count(stage);
	const size_t holds = count_holds(rules, count);

	if (room.lasting + count > FL_RULES_MAX)
		return fl_fail(error, FL_EXIT_ERROR,
			       "a device takes at most %d rules, and there are "
			       "%zu",
			       FL_RULES_MAX, room.lasting);
	if (room.lasting_holds + holds > FL_HOLDS_MAX)
		return fl_fail(
			error, FL_EXIT_ERROR,
			"at most %d rules of a device can delay packets, "
			"and there are %zu",
			FL_HOLDS_MAX, room.lasting_holds);
	return room.rules + count > FL_RULES_MAX ||
			       room.holds + holds > FL_HOLDS_MAX ?
		       stage_make_room(stage, error) :
		       0;
}

static int add_staged(struct stage *stage, struct fl_rule *rules, size_t count,
		      struct fl_error *error)
{
	int code = check_room(stage, rules, count, error);

	if (code)
		return code;
	guard_add_port(&stage->dev->record, ssh_port());
	code = stage_names(stage, rules, count, error);
	for (size_t i = 0; i < count && !code; i++)
		code = add_rule(stage, &rules[i], error);
	return code ? code : stage_commit(stage, error);
}

/* What an add that is refused has made is taken down again: it is as before. */
static void give_back(struct device *dev, const struct fl_device *before)
{
	char leftovers[200] = "";

	if (dev->record.ways && !before->ways) {
		drain_ways(&dev->entry, &dev->record, NULL, leftovers,
			   sizeof(leftovers));
		/* Else they stay on record, for detach. */
		dev->record.ways = *leftovers != 0;
	}
	if (dev->record.routeless && !before->routeless &&
	    !loopback_restore(&dev->record))
		dev->record.routeless = 0;
	(void)device_write_record(dev);
}

/* It was opened before the lock; and rules of which packets know nothing are
 * none. */
static int check_device(struct device *dev, struct fl_error *error)
{
	char why[128];
	int code = device_look_again(dev, error);

	if (code)
		return code;
	health_check_programs(&dev->entry, &dev->record, why, sizeof(why));
	if (!*why)
		return 0;
	return fl_fail(error, FL_EXIT_ERROR,
		       "%s: no rule can be added, because %s: \"faultline "
		       "detach %s\", then attach again",
		       dev->name, why, dev->name);
}

static int add_locked(struct device *dev, struct fl_rule *rules, size_t count,
		      const struct contents *contents, struct fl_error *error)
{
	struct fl_device before;
	struct stage stage;
	int code = check_device(dev, error);

	if (!code)
		code = stage_begin(&stage, dev, count, contents, error);
	if (code)
		return code;
	before = dev->record;
	code = add_staged(&stage, rules, count, error);
	if (code)
		give_back(dev, &before);
	stage_end(&stage);
	return code;
}

int device_add_rules(struct device *dev, struct fl_rule *rules, size_t count,
		     struct fl_error *error)
{
	struct contents *contents;
	int lock, code = contents_read(rules, count, &contents, error);

	if (code)
		return code;
	code = device_lock(&lock, error);
	if (!code) {
		code = add_locked(dev, rules, count, contents, error);
		device_unlock(lock);
	}
	contents_free(contents);
	return code;
}

static int delete_staged(struct stage *stage, char *const names[], size_t count,
			 size_t *deleted, struct fl_error *error)
{
	for (size_t i = 0; i < count; i++)
		if (!stage_has(stage, names[i]))
			return fl_fail(error, FL_EXIT_ERROR,
				       "no rule \"%.40s\"", names[i]);
	*deleted = stage_delete(stage, names, count);
	return stage_commit(stage, error);
}

static int delete_locked(struct device *dev, char *const names[], size_t count,
			 size_t *deleted, struct fl_error *error)
{
	struct stage stage;
	int code = device_look_again(dev, error);

	if (!code)
		code = stage_begin(&stage, dev, 0, NULL, error);
	if (code)
		return code;
	code = delete_staged(&stage, names, count, deleted, error);
	stage_end(&stage);
	return code;
}

int device_delete_rules(struct device *dev, char *const names[], size_t count,
			size_t *deleted, struct fl_error *error)
{
	int lock, code = device_lock(&lock, error);

	if (code)
		return code;
	code = delete_locked(dev, names, count, deleted, error);
	device_unlock(lock);
	return code;
}
