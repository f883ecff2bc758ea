/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule did to its packets, beside what it was asked to do. */
#pragma once

#include <stdbool.h>

#include "sample.h"

/* Where the expected rate lies; for rules of chance only. */
enum actual_verdict {
	ACTUAL_UNJUDGED, /* not a matter of chance, or no packets */
	ACTUAL_TOO_FEW,	 /* under ACTUAL_HITS_MIN expected hits */
	ACTUAL_INSIDE,
	ACTUAL_OUTSIDE,
	/* Outside, but no more so than is counted as something else: packets
	 * that came marked, or that were skipped. */
	ACTUAL_BELOW,
};

#define ACTUAL_HITS_MIN 10

struct actual {
	bool has_asked;	     /* asked is valid: a long-run rate exists */
	bool has_expected;   /* expected is valid */
	bool has_interval;   /* low and high are valid: chance decides */
	bool begins_passing; /* each flow's model does: short flows lose
				 * less than expected */
	double asked;	     /* as the words say it, of this alone */
	double expected;     /* with all that the rule does */
	__u64 packets;	     /* that it was tried on */
	__u64 count;	     /* of those that it did something to */
	__u64 hits;	     /* of those that the draw chose */
	double rate;	     /* hits of packets; 0 without packets */
	double low, high;
	enum actual_verdict verdict;
};

/* All rates of one rule. In a dry run what would have been is counted. */
struct actual_rates {
	bool has_loss; /* loss is valid: the rule can lose packets */
	struct actual loss;
	bool has_effect[FL_EFFECTS]; /* the rule can have it, or had it */
	/* Without a rate that could be asked for, only the count is set. */
	struct actual effect[FL_EFFECTS];
};

void actual_rates(const struct sample_rule *rule, struct actual_rates *rates);

/* Whether the rule is about to do something else than its words seem to. */
bool actual_differs(const struct actual *actual);
