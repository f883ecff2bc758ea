/* SPDX-License-Identifier: GPL-2.0-only */
/* The distributions of rules: read, and given room in the map. */
#pragma once

#include "contents.h"
#include "open.h"

/*
 * Finds the tables that the distributions of @rule are in and sets their
 * numbers in its parameters. Ours are computed; the values of a file are copied
 * to where none of the @count rules @others has other ones. FL_EXIT_*. With the
 * lock held and no program running over deleted rules.
 */
int tables_place(struct device *dev, struct fl_rule *rule,
		 const struct fl_rule *const others[], size_t count,
		 const struct contents *contents, struct fl_error *error);
