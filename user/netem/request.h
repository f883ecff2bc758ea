/* SPDX-License-Identifier: GPL-2.0-only */
/* What a line for tc requests of netem. */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

enum netem_model {
	NETEM_NO_LOSS,
	NETEM_RANDOM,
	NETEM_STATE,
	NETEM_GEMODEL,
};

#define NETEM_LOSS_MAX 5

/*
 * All zero: nothing is requested. Probabilities and correlations are fractions
 * of FL_P_ONE. Words are as the user wrote them, and NULL where there are none.
 */
struct netem_request {
	enum netem_model model;
	__u32 loss[NETEM_LOSS_MAX]; /* in the order of the words */
	__u32 correlation;	    /* of NETEM_RANDOM */
	__u32 duplicate, corrupt;
	const char *ecn, *seed, *limit;
	__u32 limit_packets;
	__u64 delay_ns, jitter_ns;
	__u32 delay_correlation;
	const char *table; /* "" is uniform */
	__u32 reorder, reorder_correlation, gap;
	__u64 rate_bps;
	__s32 overhead, celloverhead; /* bytes */
	__u32 cell;		      /* bytes */
	bool slot;
	const char *slot_table;
	__u64 slot_min_ns, slot_max_ns; /* with a table: mean and sigma */
	__u32 slot_packets, slot_bytes; /* 0: any number */
	const char *parent;		/* a class, not "root" */
	const char *instead;		/* "change" and the like */
};
