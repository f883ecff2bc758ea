/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Changing the rules of a device. Everything is written where no program can
 * see it yet, then one 32-bit store puts it into force: killed before it, the
 * old rules hold, after it the new ones. FL_EXIT_* with the error filled. On
 * a device that is attached call with the lock held.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "compile/compile.h"

struct contents;
struct device;

/* The rules in force, less those that go, and with those to come. */
struct stage {
	struct device *dev;
	struct roster *roster;
	struct stage_slot *slots; /* also of rules that were dropped */
	size_t slot_count, room;
	struct files *files;		 /* NULL: no rule needed one yet */
	const struct contents *contents; /* of those that rules to come name */
	bool timeless;			 /* leases do not run */
	bool settled;	   /* no program runs that saw other rules */
	unsigned provided; /* of the device, for rules before: see rules.c */
};

/* Begins with the rules in force, with room for @room more, whose files have
 * these @contents. End it with stage_end() when this returns 0. */
int stage_begin(struct stage *stage, struct device *dev, size_t room,
		const struct contents *contents, struct fl_error *error);
void stage_end(struct stage *stage);

/* Rules, those that have not expired, and how many of either delay packets. */
struct stage_room {
	size_t rules, lasting, holds, lasting_holds;
};
struct stage_room stage_count(const struct stage *stage);

bool stage_has(const struct stage *stage, const char *name);

/* Deletes the rules named @name, or all where it is NULL, that have expired:
 * they are kept for their counters, but not at the cost of a new one. */
void stage_drop_expired(struct stage *stage, const char *name);

/* Takes all that have expired out of force at once, so that their ids are
 * free. */
int stage_make_room(struct stage *stage, struct fl_error *error);

/* Deletes the rules of these names; with @count 0 all. Returns how many. */
size_t stage_delete(struct stage *stage, char *const names[], size_t count);

/* Names those of @rules that have no name "r1", "r2" ..., as is free in the
 * stage and among @rules. */
int stage_names(const struct stage *stage, struct fl_rule *rules, size_t count,
		struct fl_error *error);

/* Gives the files that @rule, the next one, needs, room. */
int stage_files(struct stage *stage, struct fl_rule *rule,
		struct fl_error *error);

/* Adds @rule, which has a name, and gives it its age, times and seed. */
int stage_rule(struct stage *stage, struct fl_rule *rule,
	       struct fl_error *error);

/* Puts the stage into force, behind the guards. */
int stage_commit(struct stage *stage, struct fl_error *error);

/* The same of @rules in their order, guards first, once nobody reads what is to
 * be written. With @count 0 nothing at
 * all will match, not even guards. */
int stage_switch(struct device *dev, const struct compile_rule *rules,
		 size_t count, struct fl_error *error);

/*
 * Puts @rules into force on a device without any, which is not attached, as
 * device_add_rules() would, but for their leases: names and seeds are written
 * back into them.
 */
int stage_replay(struct device *dev, struct fl_rule *rules, size_t count,
		 struct fl_error *error);
