/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A histogram of times: linear up to 4 us, then 16 buckets to each power of
 * two, up to 68 s. For BPF, which has neither floating point nor a count of
 * leading zeros.
 */
#pragma once

#include "abi.h"

#define FL_HISTOGRAM_SHIFT 8 /* one bucket is at least 256 ns */

/* The bucket of @time_ns, below FL_HISTOGRAM. */
static inline __attribute__((always_inline)) __u32
fl_histogram_bucket(__u64 time_ns)
{
	__u64 value = time_ns >> FL_HISTOGRAM_SHIFT;
	__u32 rest, octave = 0;

	if (value >> 28)
		return FL_HISTOGRAM - 1;
	rest = (__u32)value;
	if (rest >> 16) {
		rest >>= 16;
		octave += 16;
	}
	if (rest >> 8) {
		rest >>= 8;
		octave += 8;
	}
	if (rest >> 4) {
		rest >>= 4;
		octave += 4;
	}
	if (rest >> 2) {
		rest >>= 2;
		octave += 2;
	}
	octave += rest >> 1;
	if (octave < 4)
		return (__u32)value;
	return (octave - 3) * 16 + ((__u32)value >> (octave - 4) & 15);
}

/* The bucket in a rule's histogram, which begins at its least delay. */
static inline __attribute__((always_inline)) __u32
fl_histogram_beyond(__u64 delay_ns, __u64 least_ns)
{
	return fl_histogram_bucket(delay_ns > least_ns ? delay_ns - least_ns :
							 0);
}

/* The least time in @bucket, in ns; of FL_HISTOGRAM: the end of the last. */
static inline __attribute__((always_inline)) __u64
fl_histogram_least(__u32 bucket)
{
	__u32 octave = bucket / 16;
	__u64 value = bucket;

	if (octave > 1)
		value = (16ull + bucket % 16) << (octave - 1);
	return value << FL_HISTOGRAM_SHIFT;
}
