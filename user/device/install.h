/* SPDX-License-Identifier: GPL-2.0-only */
/* One rule into the maps, where no program can see it yet. */
#pragma once

#include "open.h"

/* Writes all that is kept of @rule, which is complete, by its @id and @handle,
 * which no rule in force has. 0 or a negative errno. */
int install_rule(struct device *dev, const struct fl_rule *rule, __u16 id,
		 __u16 handle);
