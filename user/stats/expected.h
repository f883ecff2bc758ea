/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the impairments of a rule come to in the long run, each by itself: from
 * what stands beside them in include/faultline/impair. Pure arithmetic.
 */
#pragma once

#include <stdbool.h>

#include <faultline/impair/expect.h>

#include "chain.h"

struct plan {
	bool loses;
	bool has_rate; /* asked and loss are valid */
	bool by_chance;
	bool begins_passing;
	bool duplicates, mark_drops;
	bool queue_marks;  /* as mark-ce does, in the same count */
	bool queue_counts; /* refuses packets before they may reorder */
	/* The copy of a dropped packet goes on, unless the sender is
	 * told. Whether a packet can be answered we do not know. */
	bool told, may_be_told;
	double asked, loss;	   /* rates */
	struct chain chain;	   /* inflation 1: packets are independent */
	double effect[FL_EFFECTS]; /* rates asked for */
	bool can[FL_EFFECTS];
	bool rated[FL_EFFECTS]; /* effect is valid */
	double reorder_inflation;
};

struct plan plan_of(const struct fl_rule *rule);

/* What one impairment gives; nothing for FL_IMPAIR_NONE. */
struct fl_expect expected_of(const struct fl_impair *impair);
