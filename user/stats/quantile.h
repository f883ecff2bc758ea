/* SPDX-License-Identifier: GPL-2.0-only */
/* What a histogram of histogram.h says of the times in it. Pure arithmetic. */
#pragma once

#include <faultline/abi.h>

struct quantile {
	__u64 count;
	__u64 bucket[FL_HISTOGRAM];
};

/* All 0 is an empty one. */
void quantile_add(struct quantile *to, const __u64 histogram[FL_HISTOGRAM]);

/*
 * The time in ns that @share of the times do not exceed: the ceil(share *
 * count)-th of them, which is in the same bucket. 0 when there are none.
 */
double quantile_ns(const struct quantile *of, double share);

/* In ns^2, as if the times were spread evenly within each bucket. */
double quantile_variance(const struct quantile *of);
