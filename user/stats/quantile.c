/* SPDX-License-Identifier: GPL-2.0-only */
#include "quantile.h"

#include <math.h>

#include <faultline/histogram.h>

void quantile_add(struct quantile *to, const __u64 histogram[FL_HISTOGRAM])
{
	for (int i = 0; i < FL_HISTOGRAM; i++) {
		to->bucket[i] += histogram[i];
		to->count += histogram[i];
	}
}

static double width_of(__u32 bucket)
{
	return (double)(fl_histogram_least(bucket + 1) -
			fl_histogram_least(bucket));
}

double quantile_ns(const struct quantile *of, double share)
{
	/* 0.999 * 1000 must not become 999.0000000000001. */
	double rank = ceil(share * (double)of->count * (1 - 1e-14));
	double before = 0;

	rank = fmin(fmax(rank, 1), (double)of->count);
	for (__u32 i = 0; i < FL_HISTOGRAM; i++) {
		double here = (double)of->bucket[i];

		if (here > 0 && before + here >= rank)
			return (double)fl_histogram_least(i) +
			       (rank - before - 0.5) / here * width_of(i);
		before += here;
	}
	return 0;
}

double quantile_variance(const struct quantile *of)
{
	double n = (double)of->count, mean = 0, variance = 0;

	for (__u32 i = 0; i < FL_HISTOGRAM; i++)
		mean += (double)of->bucket[i] *
			((double)fl_histogram_least(i) + width_of(i) / 2);
	mean = n > 0 ? mean / n : 0;
	for (__u32 i = 0; i < FL_HISTOGRAM; i++) {
		double width = width_of(i);
		double from = (double)fl_histogram_least(i) + width / 2 - mean;

		variance += (double)of->bucket[i] *
			    (from * from + width * width / 12);
	}
	return n > 0 ? variance / n : 0;
}
