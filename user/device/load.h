/* SPDX-License-Identifier: GPL-2.0-only */
/* The programs of a device, loaded; and one of which nothing is attached. */
#pragma once

#include "base/error.h"
#include "kernel/obj.h"

struct device;

/* Bytes of the flow table with room for @flows. */
__u64 load_table_bytes(__u32 flows);

/* Loads what the mode of @record needs at once. FL_EXIT_*; free with
 * obj_free(). */
int load_programs(const struct fl_device *record, struct obj **obj,
		  struct fl_error *error);

/*
 * Loads what rules with effects and delays need besides, unless it is there.
 * FL_EXIT_*; on a failure all is as it was.
 */
int load_tails(const struct device *dev, struct fl_error *error);

/* Loads all of it, and lets go of it again. FL_EXIT_*. */
int load_try(const struct fl_device *record, struct fl_error *error);

/*
 * Loads the programs for obj_replay(), and opens a device over their maps:
 * with @record, and without pins, hooks or rules. FL_EXIT_*. Close it with
 * device_close(), and free @obj.
 */
int load_replay(const struct fl_device *record, struct obj **obj,
		struct device **dev, struct fl_error *error);
