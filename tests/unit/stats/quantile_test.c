/* SPDX-License-Identifier: GPL-2.0-only */
/* What a histogram says of times, beside the times themselves. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/histogram.h>
#include <faultline/rng.h>

#include "stats/quantile.h"
#include "lib/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TIMES_MAX 100000
#define NS_MAX (1ull << 36) /* where the last bucket ends */

static double width_at(__u64 time_ns)
{
	__u32 bucket = fl_histogram_bucket(time_ns);

	return (double)(fl_histogram_least(bucket + 1) -
			fl_histogram_least(bucket));
}

static void test_buckets(void)
{
	bool first = true, last = true, narrow = true;

	for (__u32 i = 0; i < FL_HISTOGRAM; i++) {
		__u64 least = fl_histogram_least(i);
		__u64 next = fl_histogram_least(i + 1);

		first &= fl_histogram_bucket(least) == i;
		last &= next > least && fl_histogram_bucket(next - 1) == i;
		narrow &= next - least == 256 || next - least <= least / 16;
	}
	tap_ok(first && last, "each bucket is from its least to the next's");
	tap_ok(narrow, "and 256 ns or a 16th wide");
	tap_is_u64(fl_histogram_least(FL_HISTOGRAM), NS_MAX, "up to 68 s");
	tap_is_u64(fl_histogram_bucket(~0ull), FL_HISTOGRAM - 1,
		   "what is longer is in the last");
}

/* ---- shapes, each of some random number in 0..1 ------------------------- */

static double constant(double u)
{
	(void)u;
	return 20e6;
}

static double nearly_nothing(double u)
{
	return 900 * u;
}

static double uniform(double u)
{
	return 15e6 + 10e6 * u;
}

static double exponential(double u)
{
	return -50e3 * log(1 - u);
}

static double any_size(double u)
{
	return exp(u * log((double)NS_MAX));
}

static double two_places(double u)
{
	return u < 0.99 ? 8e3 : 3e9;
}

static const struct shape {
	const char *name;
	double (*time_ns)(double u);
} shapes[] = {
	{ "constant", constant },    { "under 1 us", nearly_nothing },
	{ "uniform", uniform },	     { "exponential", exponential },
	{ "of any size", any_size }, { "in two places", two_places },
};

static __u64 times[TIMES_MAX];
static __u64 histogram[FL_HISTOGRAM];

static int compare(const void *a, const void *b)
{
	const __u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void fill(const struct shape *shape, size_t count)
{
	memset(histogram, 0, sizeof(histogram));
	for (size_t i = 0; i < count; i++) {
		double u = (double)(fl_draw(7, count, i) >> 11) * 0x1p-53;

		times[i] = (__u64)shape->time_ns(u);
		if (times[i] >= NS_MAX)
			times[i] = NS_MAX - 1;
		histogram[fl_histogram_bucket(times[i])]++;
	}
	qsort(times, count, sizeof(*times), compare);
}

static double exact_variance(size_t count)
{
	double mean = 0, sum = 0;

	for (size_t i = 0; i < count; i++)
		mean += (double)times[i] / (double)count;
	for (size_t i = 0; i < count; i++)
		sum += ((double)times[i] - mean) * ((double)times[i] - mean);
	return sum / (double)count;
}

static void test_shape(const struct shape *shape, size_t count)
{
	static const double shares[] = { 0, 0.001, 0.5, 0.99, 0.999, 1 };
	double got, deviation = 0;
	struct quantile q = { 0 };
	bool close = true;

	fill(shape, count);
	quantile_add(&q, histogram);
	for (size_t i = 0; i < COUNT(shares); i++) {
		size_t rank = (size_t)ceil(shares[i] * (double)count - 1e-6);
		__u64 exact = times[rank ? rank - 1 : 0];

		got = quantile_ns(&q, shares[i]);
		if (fl_histogram_bucket((__u64)got) ==
			    fl_histogram_bucket(exact) &&
		    fabs(got - (double)exact) <= width_at(exact))
			continue;
		close = false;
		tap_diag("%g: %g instead of %llu", shares[i], got, exact);
	}
	tap_ok(close && q.count == count, "%zu times, %s: within a bucket",
	       count, shape->name);
	for (size_t i = 0; i < count; i++)
		deviation = fmax(deviation, width_at(times[i]));
	got = sqrt(quantile_variance(&q));
	tap_ok(fabs(got - sqrt(exact_variance(count))) <= deviation,
	       "and so is how much they scatter");
}

static void test_few(void)
{
	struct quantile q = { 0 };

	tap_ok(quantile_ns(&q, 0.5) == 0 && quantile_variance(&q) == 0,
	       "nothing of nothing");
	memset(histogram, 0, sizeof(histogram));
	histogram[3] = 1;
	quantile_add(&q, histogram);
	tap_ok(quantile_ns(&q, 0) == 3.5 * 256 &&
		       quantile_ns(&q, 1) == 3.5 * 256,
	       "one time is in the middle of its bucket");
	histogram[3] = 3;
	quantile_add(&q, histogram);
	tap_ok(q.count == 4 && quantile_ns(&q, 0.5) == 3.375 * 256 &&
		       quantile_ns(&q, 1) == 3.875 * 256,
	       "four are spread over it");
	histogram[3] = 0;
	histogram[FL_HISTOGRAM - 1] = ~0u;
	quantile_add(&q, histogram);
	quantile_add(&q, histogram);
	tap_ok(q.count == 4 + 2ull * ~0u &&
		       quantile_ns(&q, 0.5) > 0x1p36 * 15 / 16 &&
		       quantile_ns(&q, 1) < 0x1p36,
	       "more than 32 bits count");
}

int main(void)
{
	test_buckets();
	for (size_t i = 0; i < COUNT(shapes); i++) {
		test_shape(&shapes[i], 1);
		test_shape(&shapes[i], 10);
		test_shape(&shapes[i], 1000);
		test_shape(&shapes[i], TIMES_MAX);
	}
	test_few();
	return tap_done();
}
