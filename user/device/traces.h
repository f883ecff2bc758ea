/* SPDX-License-Identifier: GPL-2.0-only */
/* The traces of rules: read, and given room in the map. */
#pragma once

#include <stdbool.h>

#include "contents.h"
#include "open.h"

/* Which words of the map are taken, a bit for each. */
struct traces {
	__u64 used[FL_TRACE_WORDS / 64];
};

/* The trace of @rule, if it has one, stays where it is. */
void traces_note(struct traces *traces, const struct fl_rule *rule);

/*
 * Copies the digits of the file that @rule names, if it does, to words that are
 * free in @traces. FL_EXIT_*. With the lock held and no program running over
 * deleted rules.
 */
int traces_place(struct device *dev, struct fl_rule *rule,
		 const struct traces *traces, const struct contents *contents,
		 struct fl_error *error);
