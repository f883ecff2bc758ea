/* SPDX-License-Identifier: GPL-2.0-only */
/* What a rule did to its packets, beside what it was asked to do. */
#pragma once

#include <stdbool.h>

#include "sample.h"

/* Of the asked rate, by the interval; for rules of chance only. */
enum realised_verdict {
	REALISED_UNJUDGED,	/* not a matter of chance, or no packets */
	REALISED_TOO_FEW,	/* under REALISED_HITS_MIN expected losses */
	REALISED_INSIDE,
	REALISED_OUTSIDE,
};

#define REALISED_HITS_MIN 10

struct realised {
	bool has_asked;		/* asked is valid: a long-run rate exists */
	bool has_interval;	/* low and high are valid: chance decides */
	double asked;
	__u64 packets;
	__u64 lost;		/* would be, in a dry run */
	double rate;		/* lost of packets; 0 without packets */
	double low, high;
	enum realised_verdict verdict;
};

/* False when @rule has nothing that loses packets. */
bool realised_loss(const struct sample_rule *rule, struct realised *realised);

/* Everything that did not go on, whoever was told. */
__u64 realised_dropped(const struct fl_counters *counters);
