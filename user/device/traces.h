/* SPDX-License-Identifier: GPL-2.0-only */
/* The traces of rules: read, and given room in the map. */
#pragma once

#include "open.h"

/*
 * Reads the file of @rule if it names one, makes its path absolute and copies
 * the digits to where none of the @count rules @others has any. FL_EXIT_*.
 * With the lock held and no program running over deleted rules.
 */
int traces_place(struct device *dev, struct fl_rule *rule,
		 const struct fl_rule *const others[], size_t count,
		 struct fl_error *error);
