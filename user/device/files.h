/* SPDX-License-Identifier: GPL-2.0-only */
/* The files that rules name, distributions and traces: given room in the
 * maps. */
#pragma once

#include <stdbool.h>

#include "contents.h"
#include "open.h"

struct files;

/* Whether @rule names one, or a distribution that is built in. */
bool files_named(const struct fl_rule *rule);

/* What the files of rules take on @dev: nothing. NULL: out of memory. */
struct files *files_new(struct device *dev);
void files_free(struct files *files);

/* What @rule takes, which stays where it is until the end. 0 or -ENOMEM. */
int files_note(struct files *files, const struct fl_rule *rule);

/* Puts what @rule, the next one, names, to where no rule that is noted has
 * anything else. FL_EXIT_*. With the lock held and no program running over
 * deleted rules. */
int files_place(struct files *files, struct fl_rule *rule,
		const struct contents *contents, struct fl_error *error);
