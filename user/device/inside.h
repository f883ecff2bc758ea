/* SPDX-License-Identifier: GPL-2.0-only */
/* What an attached device has pinned, open. */
#pragma once

#include <faultline/ruleset.h>

#include "base/clock.h"
#include "device.h"
#include "kernel/netif.h"
#include "kernel/obj.h"
#include "kernel/store.h"

/* One attached device, by its pins; or one of device_open_obj(). */
struct device {
	struct store_entry entry;
	struct fl_device record;
	char name[16]; /* now: it may have been renamed since attach */
	int map[OBJ_MAPS];
	/* Into the maps of the same names, where maps.def says MMAP. */
	struct fl_control *control;
	struct fl_action *actions; /* by handle */
	__u64 *traces;
	struct fl_table *distributions;
	struct fl_label *labels;
	/* Both halves. */
	struct fl_ruleset *rulesets;
	struct fl_position *positions;
	struct fl_sizes sizes;
	/* By id * FL_SIDES + side; NULL until device_holdings() was asked. */
	struct fl_holding *holdings, *holding_bases;
	/* By id, up to @id_end: see blocks.h. */
	struct fl_spec *specs;
	__u32 id_end, blocks_more;
	int more_counts[FL_ID_BLOCKS];
	__u64 checked_ns;	/* when device_health() last asked; 0: never */
	char degraded_why[128]; /* what it found, or "" */
};
