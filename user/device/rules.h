/* SPDX-License-Identifier: GPL-2.0-only */
/* Putting rules where the datapath reads them. */
#pragma once

#include "compile/compile.h"
#include "open.h"

/*
 * Compiles and puts into force @rules; with @count 0 nothing at all will
 * match, not even guards. FL_EXIT_*.
 */
int rules_switch(struct device *dev, const struct compile_rule *rules,
		 size_t count, const __u16 *ids, size_t id_count,
		 struct fl_error *error);

/* Writes all that the datapath keeps of @rule, begun anew, for slot @id.
 * Negative errno. */
int rules_stage_state(struct device *dev, const struct fl_rule *rule, __u16 id);
