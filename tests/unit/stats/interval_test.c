/* SPDX-License-Identifier: GPL-2.0-only */
#include <math.h>
#include <stdint.h>

#include "stats/interval.h"
#include "stats/actual.h"
#include "lib/rates.h"
#include "lib/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Roots of (p - hits/trials)^2 = z^2 p (1 - p) / trials, to 40 digits. */
static const struct {
	__u64 hits, trials;
	double low, high;
} known[] = {
	{ 0, 1, 0.000000000000, 0.869022456720 },
	{ 1, 1, 0.130977543280, 1.000000000000 },
	{ 0, 10, 0.000000000000, 0.398854093305 },
	{ 10, 10, 0.601145906695, 1.000000000000 },
	{ 1, 10, 0.011851503411, 0.507231771233 },
	{ 5, 10, 0.184225518247, 0.815774481753 },
	{ 10, 1000, 0.004530055522, 0.021929286084 },
	{ 1000, 100000, 0.009221418207, 0.010843599466 },
	{ 50, 10000, 0.003482567730, 0.007173851506 },
	{ 99950, 100000, 0.999281782808, 0.999651938972 },
	{ 1, 1000000, 0.000000117405, 0.000008517434 },
	{ 1000000000, 1000000000000, 0.000999918589, 0.001000081417 },
	{ 0, 1000000000000, 0.000000000000, 0.000000000007 },
};

static void test_known(void)
{
	for (size_t i = 0; i < COUNT(known); i++) {
		double low, high;

		interval_wilson(known[i].hits, known[i].trials, &low, &high);
		if (!tap_ok(fabs(low - known[i].low) < 1e-11 &&
				    fabs(high - known[i].high) < 1e-11,
			    "%llu of %llu", known[i].hits, known[i].trials))
			tap_diag("got %.12f to %.12f", low, high);
	}
}

static void test_ends(void)
{
	double low, high;

	interval_wilson(0, 0, &low, &high);
	tap_ok(low == 0 && high == 1, "nothing is known without trials");
	interval_wilson(0, 12345, &low, &high);
	tap_ok(low == 0, "never hit: 0 is possible, exactly");
	interval_wilson(12345, 12345, &low, &high);
	tap_ok(high == 1, "always hit: 1 is possible, exactly");
	interval_wilson(7, 5, &low, &high);
	tap_ok(low > 0 && low < 1 && high == 1, "more hits than trials");
	interval_wilson(UINT64_MAX / 2, UINT64_MAX, &low, &high);
	tap_ok(low < 0.5 && high > 0.5 && high - low < 1e-8,
	       "the largest counters");
}

/* How often the interval of @n packets holds the true rate @p. */
static double coverage(unsigned int n, double p)
{
	double sum = 0;

	for (unsigned int k = 0; k <= n; k++) {
		double low, high;

		interval_wilson(k, n, &low, &high);
		if (p < low || p > high)
			continue;
		sum += exp(lgamma(n + 1.0) - lgamma(k + 1.0) -
			   lgamma(n - k + 1.0) + k * log(p) +
			   (n - k) * log1p(-p));
	}
	return sum;
}

static void test_coverage(void)
{
	static const struct {
		unsigned int n;
		double p;
	} cases[] = {
		{ 1000, 0.01 }, { 2000, 0.05 }, { 500, 0.5 },
		{ 300, 0.3 },	{ 1000, 0.99 }, { 20000, 0.0005 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		double share = coverage(cases[i].n, cases[i].p);

		if (!tap_ok(share > 0.982 && share < 0.997,
			    "holds %g in 99 of 100 samples of %u", cases[i].p,
			    cases[i].n))
			tap_diag("in %g", share);
	}
}

static struct sample_rule rule_of_loss(double p, __u64 packets, __u64 lost)
{
	struct sample_rule rule = { 0 };

	rule.rule.impair_count = 1;
	rule.rule.impairs[0].kind = FL_IMPAIR_LOSS;
	rule.rule.impairs[0].u.loss.probability_u32 =
		(__u32)llround(p * FL_P_ONE);
	/* Both sides and both kinds of loss count. */
	rule.side[FL_IN].packets = packets / 2;
	rule.side[FL_OUT].packets = packets - packets / 2;
	rule.side[FL_IN].reason[FL_REASON_DROPPED] = lost / 2;
	rule.side[FL_OUT].reason[FL_REASON_FAILED] = lost - lost / 2;
	return rule;
}

static enum actual_verdict verdict(double p, __u64 packets, __u64 lost)
{
	struct sample_rule rule = rule_of_loss(p, packets, lost);
	struct actual actual;

	if (!rates_loss(&rule, &actual))
		tap_ok(false, "a rule that loses packets");
	return actual.verdict;
}

static void test_verdict(void)
{
	tap_is_u64(verdict(0.01, 0, 0), ACTUAL_UNJUDGED, "no packets");
	tap_is_u64(verdict(0.01, 999, 9), ACTUAL_TOO_FEW,
		   "fewer than 10 expected losses");
	tap_is_u64(verdict(0.01, 1001, 9), ACTUAL_INSIDE, "10 expected");
	tap_is_u64(verdict(0.01, 100000, 1080), ACTUAL_INSIDE,
		   "asked is just inside");
	tap_is_u64(verdict(0.01, 100000, 1083), ACTUAL_OUTSIDE,
		   "asked is just outside");
	tap_is_u64(verdict(0, 5, 0), ACTUAL_INSIDE, "never");
	tap_is_u64(verdict(0, 5, 1), ACTUAL_OUTSIDE, "never, but once");
	tap_is_u64(verdict(1, 5, 5), ACTUAL_INSIDE, "always");
	tap_is_u64(verdict(1, 5, 4), ACTUAL_OUTSIDE, "always, but once");
}

static void test_actual(void)
{
	struct sample_rule rule = rule_of_loss(0.5, 10, 4);
	struct actual r;

	tap_ok(rates_loss(&rule, &r) && r.hits == 4 && r.packets == 10 &&
		       r.rate == 0.4,
	       "both directions and both reasons are lost packets");
	rule.rule.flags = FL_RULE_DRY_RUN;
	rule.side[FL_IN].would_drop = 3;
	tap_ok(rates_loss(&rule, &r) && r.hits == 3,
	       "a dry run counts what it would have lost");
	rule.rule.impairs[0].kind = FL_IMPAIR_LOSS_PATTERN;
	rule.rule.impairs[0].u.pattern.length = 70;
	rule.rule.impairs[0].u.pattern.pad = 0;
	rule.rule.impairs[0].u.pattern.bits[0] = 1;
	rule.rule.impairs[0].u.pattern.bits[1] = 1ull << 5;
	tap_ok(rates_loss(&rule, &r) && r.has_asked && !r.has_interval &&
		       fabs(r.asked - 2.0 / 70) < 1e-12 &&
		       r.verdict == ACTUAL_UNJUDGED,
	       "a pattern has a rate and nothing to judge");
	rule.rule.impair_count = 0;
	tap_ok(!rates_loss(&rule, &r), "a rule without loss");
}

int main(void)
{
	test_known();
	test_ends();
	test_coverage();
	test_verdict();
	test_actual();
	return tap_done();
}
