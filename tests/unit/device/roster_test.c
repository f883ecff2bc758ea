/* SPDX-License-Identifier: GPL-2.0-only */
/* Names, ids and handles of rules while they are changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/ids.h"
#include "device/open.h"
#include "device/roster.h"
#include "lib/tap.h"

static struct fl_control control = { .generation = 1 };
static struct fl_ruleset rulesets[2];
static struct device dev = { .control = &control, .rulesets = rulesets };
static struct roster *roster;

/* A device without rules, and with ids up to @id_end. */
static void set_up(__u32 id_end)
{
	dev.record = (struct fl_device){ 0 };
	dev.sizes = fl_sizes_of(FL_RULES_MAX, 64);
	dev.id_end = id_end;
	dev.specs = calloc(FL_IDS, sizeof(*dev.specs));
	dev.positions = calloc(2 * dev.sizes.positions, sizeof(*dev.positions));
	memset(rulesets, 0, sizeof(rulesets));
	roster = roster_new(&dev, FL_RULES_MAX);
	tap_ok(roster, "room for ids up to %u", id_end);
}

static void tear_down(void)
{
	roster_free(roster);
	free(dev.specs);
	free(dev.positions);
}

/* What stage_rule() does for one rule. */
static __u16 add(const char *name, bool holds)
{
	__u16 id = roster_take_id(roster, &dev.record, holds);
	struct fl_spec *spec = &dev.specs[id];

	if (!id)
		return 0;
	snprintf(spec->rule.name, sizeof(spec->rule.name), "%s", name);
	spec->handle = roster_take_handle(roster, &dev.record);
	roster_add(roster, id);
	return id;
}

/* As many as are asked for, of which @first is the number of one. */
static unsigned add_many(unsigned first, unsigned count, bool holds)
{
	char name[FL_NAME_LEN];
	unsigned added = 0;

	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "n%u", first + i);
		added += add(name, holds) != 0;
	}
	return added;
}

/* Puts what is there into force, and begins anew. */
static void commit(void)
{
	struct fl_ruleset *active = &rulesets[1];
	__u32 count = 0;

	for (__u32 id = FL_ID_FIRST; id < FL_IDS; id++)
		if (roster_has(roster, (__u16)id))
			dev.positions[count++].id = (__u16)id;
	active->rule_count = active->position_count = count;
	roster_free(roster);
	roster = roster_new(&dev, FL_RULES_MAX);
	tap_is_u64(roster->count, count, "begins with %u rules", count);
}

static void check_names(void)
{
	__u16 one, two;

	set_up(FL_IDS_PLAIN);
	one = add("one", false);
	two = add("two", true);
	tap_ok(one && two && one != two, "ids of their own");
	tap_ok(dev.specs[one].handle != dev.specs[two].handle, "and handles");
	tap_is_u64(roster_find(roster, "one"), one, "found by name");
	commit();
	tap_is_u64(roster_find(roster, "two"), two, "also when in force");
	tap_is_u64(roster_find(roster, "three"), 0, "no such rule");
	roster_drop(roster, one);
	roster_drop(roster, one);
	tap_is_u64(roster->count, 1, "dropped once");
	tap_is_u64(roster_find(roster, "one"), 0, "gone");
	one = add("one", false);
	tap_ok(one && roster_find(roster, "one") == one, "the name again");
	tear_down();
}

/* Each id is taken once before one comes again. */
static void check_ids(void)
{
	const unsigned plain = FL_IDS_PLAIN - FL_HOLD_IDS;
	__u16 id;

	set_up(FL_IDS_PLAIN);
	tap_is_u64(add_many(0, plain + 1, false), plain,
		   "as many rules as there are ids");
	tap_is_u64(add_many(plain + 1, 2000, true), FL_HOLDS_MAX,
		   "leave ids to all that may hold");
	id = roster_find(roster, "n7");
	roster_drop(roster, id);
	tap_ok(!add("new", false), "an id that is in force is not free");
	ids_put(&dev.record.resting, id);
	commit();
	tap_ok(!add("new", false), "nor one that rests");
	dev.record.resting = (struct fl_ids){ 0 };
	tap_is_u64(add("new", false), id, "until it does no more");
	dev.id_end = FL_IDS;
	tap_is_u64(add_many(9000, FL_RULES_MAX - plain, false),
		   FL_RULES_MAX - plain, "in the end %d rules", FL_RULES_MAX);
	for (__u32 hold = FL_ID_FIRST; hold < FL_HOLD_IDS; hold++)
		roster_drop(roster, (__u16)hold);
	tap_is_u64(roster->count, FL_RULES_MAX, "besides those that hold");
	tear_down();
}

/* How many handles are given, and become free, before the one of a rule that
 * was there comes again. */
static unsigned count_rest(void)
{
	__u16 id = add("sleeper", false), handle = dev.specs[id].handle, other;
	unsigned rest = 0;

	roster_drop(roster, id);
	commit();
	for (;; rest++) {
		other = roster_take_handle(roster, &dev.record);
		if (other == handle)
			return rest;
	}
}

static void check_handles(void)
{
	set_up(FL_IDS);
	tap_ok(count_rest() >= FL_HANDLES - 1, "with no other rule");
	add_many(0, FL_RULES_MAX - 2, false);
	tap_ok(count_rest() >= FL_HANDLES - FL_RULES_MAX,
	       "and beside as many as there may be");
	tear_down();
}

int main(void)
{
	check_names();
	check_ids();
	check_handles();
	return tap_done();
}
