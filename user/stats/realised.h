/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule did to its packets, beside what it was asked to do. */
#pragma once

#include <stdbool.h>

#include "sample.h"

/* Of the expected rate, by the interval; for rules of chance only. */
enum realised_verdict {
	REALISED_UNJUDGED, /* not a matter of chance, or no packets */
	REALISED_TOO_FEW,  /* under REALISED_HITS_MIN expected hits */
	REALISED_INSIDE,
	REALISED_OUTSIDE,
	/* Outside, but no more so than is counted as something else: packets
	 * that came marked, or that were skipped. */
	REALISED_BELOW,
};

#define REALISED_HITS_MIN 10

struct realised {
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
	enum realised_verdict verdict;
};

/* All rates of one rule. In a dry run what would have been is counted. */
struct realised_rates {
	bool has_loss; /* loss is valid: the rule can lose packets */
	struct realised loss;
	bool has_effect[FL_EFFECTS]; /* the rule can have it, or had it */
	/* Without a rate that could be asked for, only the count is set. */
	struct realised effect[FL_EFFECTS];
};

void realised_rates(const struct sample_rule *rule,
		    struct realised_rates *rates);

/* Whether the rule is about to do something else than its words seem to. */
bool realised_differs(const struct realised *realised);
