/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdint.h>

#include <faultline/histogram.h>
#include <faultline/rng.h>

#include "lib/tap.h"

#define END (1ull << 36) /* ns: where the last bucket ends */

static void check_boundaries(void)
{
	unsigned wrong = 0, wide = 0;

	for (__u32 i = 0; i < FL_HISTOGRAM; i++) {
		__u64 from = fl_histogram_least(i);
		__u64 to = fl_histogram_least(i + 1);

		wrong += fl_histogram_bucket(from) != i ||
			 fl_histogram_bucket(to - 1) != i || to <= from;
		/* A sixteenth of the time at most, or 256 ns. */
		wide += (to - from) * 16 > from && to - from > 256;
	}
	tap_is_u64(wrong, 0, "each bucket begins and ends where it says");
	tap_is_u64(wide, 0, "none is wider than a sixteenth of its time");
}

static void check_known(void)
{
	tap_is_u64(fl_histogram_bucket(0), 0, "no time at all");
	tap_is_u64(fl_histogram_bucket(255), 0, "less than 256 ns");
	tap_is_u64(fl_histogram_bucket(256), 1, "256 ns");
	tap_is_u64(fl_histogram_bucket(4096), 16, "4.096 us");
	tap_is_u64(fl_histogram_bucket(8191), 31, "the last of 256 ns");
	tap_is_u64(fl_histogram_bucket(8192), 32, "8.192 us");
	tap_is_u64(fl_histogram_bucket(8703), 32, "the first of 512 ns");
	tap_is_u64(fl_histogram_bucket(END - 1), FL_HISTOGRAM - 1, "68.7 s");
	tap_is_u64(fl_histogram_bucket(END), FL_HISTOGRAM - 1, "and more");
	tap_is_u64(fl_histogram_bucket(UINT64_MAX), FL_HISTOGRAM - 1,
		   "for ever");
	tap_is_u64(fl_histogram_least(0), 0, "the first begins at 0");
	tap_is_u64(fl_histogram_least(FL_HISTOGRAM), END, "the last ends");
}

static void check_random(void)
{
	unsigned outside = 0, falls = 0;

	for (__u64 i = 0; i < 1000000; i++) {
		__u64 time = fl_draw(1, 2, i) >> (28 + i % 36);
		__u64 later = time + (fl_draw(3, 4, i) >> (28 + i % 35));
		__u32 bucket = fl_histogram_bucket(time);

		outside += bucket >= FL_HISTOGRAM ||
			   time < fl_histogram_least(bucket) ||
			   time >= fl_histogram_least(bucket + 1);
		falls += fl_histogram_bucket(later) < bucket;
	}
	tap_is_u64(outside, 0, "any time is in its bucket");
	tap_is_u64(falls, 0, "a longer one in no earlier bucket");
}

int main(void)
{
	check_boundaries();
	check_known();
	check_random();
	return tap_done();
}
