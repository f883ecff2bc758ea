/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sample worked out in one pass: all that is printed of it, in any format,
 * stands here.
 */
#pragma once

#include "actual.h"
#include "actual_delay.h"
#include "remarks.h"
#include "sample.h"

/* Columns of what is counted: FL_IN, FL_OUT and both together. */
#define STATS_BOTH FL_SIDES
#define STATS_COLUMNS (FL_SIDES + 1)

struct stats_counts {
	__u64 packets, bytes, segments;
	__u64 aggregates, mixed;  /* see struct fl_counters */
	__u64 reason[FL_REASONS]; /* what became of them */
	/* All that neither went on nor is held, whoever was told. */
	__u64 dropped;
	__u64 effect[FL_EFFECTS];
	__u64 would_drop; /* in dry runs */
	__u64 would_effect[FL_EFFECTS];
};

struct stats_total {
	struct stats_counts counts;
	__u64 unmatched, unparsed, exempt, fragments;
	__u64 released, late, lost; /* of those that were held */
	__u64 delay_ns;		    /* sum over those released */
	double mean_delay_ns;	    /* 0 when none was released */
};

struct stats_rule {
	const struct sample_rule *sample;
	struct stats_counts counts[STATS_COLUMNS];
	bool holds; /* delay may be other than 0 */
	struct actual_delay delay[STATS_COLUMNS];
	struct actual_rates rates; /* of both directions */
	struct remarks remarks;
};

struct stats_table {
	const struct sample_device *device;
	__u64 up_ns; /* since attach */
	bool holds;  /* one of the rules does */
	struct stats_total total[STATS_COLUMNS];
	struct fl_tally tally; /* both directions */
	struct stats_rule *rules;
	size_t rule_count;
};

/* @sample must outlive @table, which stats_table_free() frees. 0 or -ENOMEM,
 * with a table that is empty. */
int stats_table_make(const struct sample *sample, struct stats_table *table);
void stats_table_free(struct stats_table *table);
