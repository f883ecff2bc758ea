/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <linux/types.h>

#define INTERVAL_CONFIDENCE 0.99

/*
 * Between which probabilities the true one lies, with INTERVAL_CONFIDENCE,
 * when @hits of @trials independent packets were hit (Wilson's score interval,
 * which stays inside 0..1 and is good for few packets and rare hits). Without
 * trials it is 0 to 1. @hits above @trials count as @trials.
 */
void interval_wilson(__u64 hits, __u64 trials, double *low, double *high);

/*
 * The same when the packets depend on each other so that their mean scatters
 * with @inflation times the variance (see chain.h; above 0).
 */
void interval_correlated(__u64 hits, __u64 trials, double inflation,
			 double *low, double *high);

/*
 * Between which means the true one lies, when @count independent times of this
 * variance had @mean: for many of them. Never below 0.
 */
void interval_mean(double mean, double variance, __u64 count, double *low,
		   double *high);
