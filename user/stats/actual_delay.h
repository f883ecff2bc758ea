/* SPDX-License-Identifier: GPL-2.0-only */
/* How long a rule held its packets, beside how long it was asked to. */
#pragma once

#include <stdbool.h>

#include "sample.h"

struct actual_delay {
	__u64 released; /* the rest but held and late is of these */
	__u64 held;	/* now */
	__u64 late;	/* FL_LATE_NS or more after their time */
	bool has_asked;
	bool has_interval;  /* low and high are valid: chance decides */
	double asked_ns;    /* mean, as the words say it */
	double expected_ns; /* in the long run, as the numbers are drawn */
	double mean_ns;	    /* from arrival to departure */
	double low_ns, high_ns;
	double p50_ns, p99_ns, p999_ns;
};

/* Fills @delay for @side, FL_SIDES is both. False when @rule holds nothing. */
bool actual_delay(const struct sample_rule *rule, int side,
		  struct actual_delay *delay);
