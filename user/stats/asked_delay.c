/* SPDX-License-Identifier: GPL-2.0-only */
#include "asked_delay.h"

#include <faultline/category.h>
#include <faultline/depart.h>

#define DRAWS 0x1p32 /* that a random number may be */

/* How many times a correlated number must be able to go around before its
 * place in one round is as good as uniform. */
#define ROUNDS_MIN 64

/* 0 + 1 + ... + (count - 1) */
static double sum_below(double count)
{
	return count > 0 ? count * (count - 1) / 2 : 0;
}

/* The sum of max(0, @least + i) for each i below @count. */
static double sum_of_times(double least, double count)
{
	if (least >= 0)
		return least * count + sum_below(count);
	return sum_below(count + least);
}

/*
 * fl_spread() takes a number of 32 bits modulo so many values: those below the
 * rest of that division come once more than the others.
 */
static double expected_of_uniform(const struct fl_delay *delay)
{
	double least = (double)delay->delay_ns - (double)delay->jitter_ns;
	__u64 values = 2ull * delay->jitter_ns;
	__u64 rounds = (1ull << 32) / values, rest = (1ull << 32) % values;

	return ((double)rounds * sum_of_times(least, (double)values) +
		sum_of_times(least, (double)rest)) /
	       DRAWS;
}

/* Spread evenly around the delay, and cut off at 0. */
static double asked_of_uniform(const struct fl_delay *delay)
{
	double mean = (double)delay->delay_ns;
	double jitter = (double)delay->jitter_ns;

	return jitter <= mean ? mean :
				(mean + jitter) * (mean + jitter) / jitter / 4;
}

static double mean_of_table(const struct fl_delay *delay,
			    const struct fl_table *tables, __u32 length)
{
	__u64 rounds = (1ull << 32) / length, rest = (1ull << 32) % length;
	double sum = 0;

	for (__u32 i = 0; i < length; i++)
		sum += (double)(rounds + (i < rest)) *
		       (double)fl_spread(tables, delay->table, delay->delay_ns,
					 delay->jitter_ns, i);
	return sum / DRAWS;
}

/* With @values that it may be taken modulo. */
static bool is_even(const struct fl_delay *delay, double values)
{
	double rounds = DRAWS / values;
	double fresh = 1 - (delay->correlation_u32 + 1.0) / DRAWS;

	return !delay->correlation_u32 || rounds * fresh >= ROUNDS_MIN;
}

static bool asked_delay(const struct fl_delay *delay,
			const struct fl_table *tables, double *asked_ns,
			double *expected_ns)
{
	__u32 length = tables[delay->table % FL_TABLES].length;

	*asked_ns = *expected_ns = (double)delay->delay_ns;
	if (!delay->jitter_ns)
		return true;
	/* Packets that would overtake wait, how long the traffic says. */
	if (delay->ordered)
		return false;
	if (delay->table == FL_TABLE_UNIFORM) {
		*asked_ns = asked_of_uniform(delay);
		*expected_ns = expected_of_uniform(delay);
		return is_even(delay, 2.0 * delay->jitter_ns);
	}
	if (!length || length > FL_TABLE_VALUES)
		return false;
	*asked_ns = *expected_ns = mean_of_table(delay, tables, length);
	return is_even(delay, length);
}

bool sample_asked_delay(const struct fl_rule *rule,
			const struct fl_table *tables, double *asked_ns,
			double *expected_ns)
{
	static const struct fl_delay none;
	const struct fl_delay *delay = &none;

	for (__u32 i = 0; i < rule->impair_count && i < FL_IMPAIRS_MAX; i++) {
		if (rule->impairs[i].kind == FL_IMPAIR_RATE ||
		    rule->impairs[i].kind == FL_IMPAIR_SLOT)
			return false;
		if (rule->impairs[i].kind == FL_IMPAIR_DELAY)
			delay = &rule->impairs[i].u.delay;
	}
	return fl_rule_holds(rule) &&
	       asked_delay(delay, tables, asked_ns, expected_ns);
}
