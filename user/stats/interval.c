/* SPDX-License-Identifier: GPL-2.0-only */
#include "interval.h"

#include <math.h>

/* Two-sided quantile of the normal distribution for INTERVAL_CONFIDENCE. */
#define Z 2.5758293035489004

void interval_correlated(__u64 hits, __u64 trials, double inflation,
			 double *low, double *high)
{
	double n, p, centre, spread, scale;

	*low = 0;
	*high = 1;
	if (!trials)
		return;
	if (hits > trials)
		hits = trials;
	p = (double)hits / (double)trials;
	n = (double)trials / inflation;
	scale = 1 + Z * Z / n;
	centre = p + Z * Z / (2 * n);
	spread = Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n));
	/* Exact at the ends, where rounding would leave 1e-17. */
	if (hits)
		*low = fmax(0, (centre - spread) / scale);
	if (hits < trials)
		*high = fmin(1, (centre + spread) / scale);
}

void interval_wilson(__u64 hits, __u64 trials, double *low, double *high)
{
	interval_correlated(hits, trials, 1, low, high);
}

void interval_mean(double mean, double variance, __u64 count, double *low,
		   double *high)
{
	double half = count ? Z * sqrt(variance / (double)count) : mean;

	*low = fmax(mean - half, 0);
	*high = mean + half;
}
