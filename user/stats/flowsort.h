/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows in an order: by a column, largest first, or by their key. */
#pragma once

#include <stddef.h>

#include "sample.h"

/* COLUMN(ID, "name", what of flow f) */
#define FLOW_COLUMNS(COLUMN)                                                 \
	COLUMN(PACKETS, "packets",                                           \
	       f->side[FL_IN].packets + f->side[FL_OUT].packets)             \
	COLUMN(BYTES, "bytes", f->side[FL_IN].bytes + f->side[FL_OUT].bytes) \
	COLUMN(DROPPED, "dropped",                                           \
	       f->side[FL_IN].dropped + f->side[FL_OUT].dropped)             \
	COLUMN(IDLE, "idle", f->idle_ns)                                     \
	COLUMN(IN_PACKETS, "in.packets", f->side[FL_IN].packets)             \
	COLUMN(OUT_PACKETS, "out.packets", f->side[FL_OUT].packets)          \
	COLUMN(IN_BYTES, "in.bytes", f->side[FL_IN].bytes)                   \
	COLUMN(OUT_BYTES, "out.bytes", f->side[FL_OUT].bytes)                \
	COLUMN(IN_DROPPED, "in.dropped", f->side[FL_IN].dropped)             \
	COLUMN(OUT_DROPPED, "out.dropped", f->side[FL_OUT].dropped)          \
	COLUMN(HARMED, "harmed",                                             \
	       flow_harmed(&f->side[FL_IN]) + flow_harmed(&f->side[FL_OUT])) \
	COLUMN(IN_HARMED, "in.harmed", flow_harmed(&f->side[FL_IN]))         \
	COLUMN(OUT_HARMED, "out.harmed", flow_harmed(&f->side[FL_OUT]))

/* The columns above, and one of each effect: both directions, in, out. */
enum flow_column {
#define COLUMN(id, name, value) FLOW_##id,
	FLOW_COLUMNS(COLUMN)
#undef COLUMN
#define EFFECT(id, label, help) FLOW_##id, FLOW_IN_##id, FLOW_OUT_##id,
#include <faultline/effects.def>
#undef EFFECT
		FLOW_COLUMN_COUNT
};

extern const char *const flow_column_names[FLOW_COLUMN_COUNT];

__u64 flow_column(const struct sample_flow *flow, enum flow_column column);

/*
 * The @top flows (at most all) with the largest @column, those first, equals
 * by key: a malloced array of indices, *@count of them. NULL: no memory.
 */
__u32 *flowsort(const struct sample_flows *flows, enum flow_column column,
		size_t top, size_t *count);

/* Sorts the flows themselves, for flow_gained(). */
void flowsort_by_key(struct sample_flows *flows);

/*
 * What @flow has more of @column than in the sample @before, which is sorted
 * by key. A flow that was not there, or was evicted and has come back, has all
 * of it since then.
 */
__u64 flow_gained(const struct sample_flows *before,
		  const struct sample_flow *flow, enum flow_column column);

/* Between two samples, in ns; 0 when the clock was set back. */
__u64 flows_interval_ns(const struct sample_flows *now,
			const struct sample_flows *before);
