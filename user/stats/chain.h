/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the models come to in the long run whose packets are not independent:
 * the share that is lost, and how much more that share scatters than if they
 * were. Pure arithmetic.
 */
#pragma once

#include <faultline/impair/expect.h>

struct chain {
	double rate;
	/*
	 * Variance of the share of n packets over rate * (1 - rate) / n, for
	 * large n: n packets tell as much as n / inflation independent ones.
	 * 0: unknown.
	 */
	double inflation;
};

/* The chain of an impairment that drops packets; not for FL_LAW_NONE. */
struct chain chain_of(const struct fl_expect *expect);

/* Some milliseconds for the first call with these values. */
struct chain chain_netem(__u32 probability_u32, __u32 correlation_u32);
