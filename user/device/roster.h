/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of a device while they are changed: found by name, and the ids and
 * handles that are free.
 */
#pragma once

#include <stdbool.h>

#include "inside.h"

/* Dropped: in force still, until the change is. */
enum roster_use { ROSTER_FREE, ROSTER_DROPPED, ROSTER_PRESENT };

struct roster {
	const struct device *dev;
	enum roster_use *ids, *handles;
	__u16 *names; /* ids, by a hash of the name; 0: none */
	__u32 mask;
	size_t count;
};

/* The rules in force, with room for @room more. NULL: out of memory. */
struct roster *roster_new(const struct device *dev, size_t room);
void roster_free(struct roster *roster);

bool roster_has(const struct roster *roster, __u16 id);
/* The id of the rule @name, or 0. */
__u16 roster_find(const struct roster *roster, const char *name);
void roster_drop(struct roster *roster, __u16 id);

/*
 * An id for one more rule, which may hold packets where @holds, or 0: none is
 * free that does not rest. They are taken in turn, so that one is unused for
 * long.
 */
__u16 roster_take_id(struct roster *roster, struct fl_device *record,
		     bool holds);
/* A handle that no rule in force has; one that had it in the beginning may only
 * where there is no other. */
__u16 roster_take_handle(struct roster *roster, struct fl_device *record);
/* The rule @id is there: its name is in "specs". */
void roster_add(struct roster *roster, __u16 id);
