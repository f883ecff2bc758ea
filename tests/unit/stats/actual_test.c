/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said of a rule whose counters its own impairments have filled. */
#include <math.h>

#include "stats/actual.h"
#include "lib/impairs.h"
#include "lib/rates.h"
#include "lib/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool near(double got, double want)
{
	return fabs(got - want) < 1e-8;
}

static void add_impair(struct sample_rule *rule, struct fl_impair impair)
{
	rule->rule.impairs[rule->rule.impair_count++] = impair;
}

static struct sample_rule rule_of(struct fl_impair impair)
{
	struct sample_rule rule = { 0 };

	add_impair(&rule, impair);
	return rule;
}

/* As the datapath: each packet of the flow through all of the rule. */
static void play(struct sample_rule *rule, struct flow *flow, __u64 packets,
		 __u8 ecn)
{
	for (__u64 n = 0; n < packets; n++, flow->packets++) {
		struct fl_impair_in in = {
			.draw = fl_draw(flow->seed, 0, flow->packets),
			.number = (__u32)flow->packets,
			.ecn = ecn,
			.answerable = flow->packets % 3 > 0,
		};
		struct fl_counters *counters = &rule->side[n % FL_SIDES];
		__u64 fate = FL_REASON_PASSED;

		for (__u32 i = 0; i < rule->rule.impair_count; i++) {
			__u64 more = fl_decide(&rule->rule.impairs[i], &in,
					       flow->state);

			fate = fl_fate_join(fate, more);
			if ((fate & FL_FATE_REASON) != FL_REASON_PASSED)
				break;
		}
		counters->packets++;
		counters->reason[fate & FL_FATE_REASON]++;
		for (int i = 0; i < FL_EFFECTS; i++)
			counters->effect[i] += fl_fate_effects(fate) >> i & 1;
	}
}

/* How often the interval of a bursty rule holds the true rate. */
static void test_coverage(void)
{
	const struct {
		const char *name;
		struct fl_impair impair;
	} cases[] = {
		{ "burst 5% 10", impair_burst(0.05, 10) },
		{ "gemodel 1% 5% 80% 1%",
		  impair_gemodel(0.01, 0.05, 0.8, 0.01) },
		{ "state 3% 30% 20% 40% 1%",
		  impair_four(0.03, 0.3, 0.2, 0.4, 0.01) },
		{ "netem 30% 80%", impair_netem(0.3, 0.8) },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int inside = 0, other = 0;

		for (__u64 run = 0; run < 1000; run++) {
			struct sample_rule rule = rule_of(cases[i].impair);
			struct flow flow = new_flow(&cases[i].impair, run);
			struct actual r;

			play(&rule, &flow, 20000, 0);
			rates_loss(&rule, &r);
			inside += r.verdict == ACTUAL_INSIDE;
			other += r.verdict == ACTUAL_UNJUDGED ||
				 r.verdict == ACTUAL_TOO_FEW;
		}
		if (!tap_ok(inside >= 978 && inside <= 998 && !other,
			    "%s: inside in 99 of 100 samples", cases[i].name))
			tap_diag("in %d of 1000", inside);
	}
}

static void is_inside(const struct actual *r, double expected, const char *name)
{
	if (!tap_ok(r->verdict == ACTUAL_INSIDE &&
			    fabs(r->expected - expected) < 1e-8,
		    "%s", name))
		tap_diag("verdict %d, expected %g, rate %g in %g to %g",
			 r->verdict, r->expected, r->rate, r->low, r->high);
}

#define PACKETS 200000

static void test_together(void)
{
	struct sample_rule rule = rule_of(impair_duplicate(0.4));
	struct flow flow = new_flow(rule.rule.impairs, 3);
	struct actual r;

	add_impair(&rule, impair_loss(0.3));
	add_impair(&rule, impair_corrupt(0.2));
	add_impair(&rule, impair_mark(0.5, 0));
	play(&rule, &flow, PACKETS, 1);
	rates_loss(&rule, &r);
	is_inside(&r, 0.3 * 0.6, "loss where the duplicate is not");
	tap_ok(near(r.asked, 0.3) && actual_differs(&r) && r.packets == PACKETS,
	       "asked is asked, nevertheless");
	rates_effect(&rule, FL_EFFECT_DUPLICATED, &r);
	is_inside(&r, 0.4 * 0.7, "duplicate where the loss is not");
	rates_effect(&rule, FL_EFFECT_CORRUPTED, &r);
	is_inside(&r, 0.2, "corrupt, of those that were not lost");
	tap_ok(r.packets < PACKETS && !actual_differs(&r), "and of them only");
	rates_effect(&rule, FL_EFFECT_MARKED, &r);
	is_inside(&r, 0.5, "mark-ce with ECN");
	tap_ok(!rates_effect(&rule, FL_EFFECT_MANGLED, &r) &&
		       !rates_effect(&rule, FL_EFFECT_SKIPPED, &r),
	       "what the rule cannot do is nothing");
}

static void test_bursts_together(void)
{
	struct sample_rule rule = rule_of(impair_duplicate(0.5));
	struct flow flow = new_flow(rule.rule.impairs, 4);
	struct actual r;

	add_impair(&rule, impair_burst(0.2, 5));
	play(&rule, &flow, PACKETS, 0);
	rates_loss(&rule, &r);
	is_inside(&r, 0.2 * 0.5, "bursts with duplicates");
	rates_effect(&rule, FL_EFFECT_DUPLICATED, &r);
	is_inside(&r, 0.5 * 0.8, "duplicates with bursts");
}

static void test_marks(void)
{
	struct sample_rule rule = rule_of(impair_loss(0.2));
	struct flow flow = new_flow(rule.rule.impairs, 5);
	struct actual r;

	add_impair(&rule, impair_mark(0.5, 1));
	play(&rule, &flow, PACKETS, 0);
	rates_loss(&rule, &r);
	is_inside(&r, 0.2, "what the mark dropped is not the loss's");
	rates_effect(&rule, FL_EFFECT_MARKED, &r);
	is_inside(&r, 0.5, "without ECN: those chosen");
	tap_ok(!r.count && r.hits, "of which none was marked");
	play(&rule, &flow, PACKETS, FL_ECN_CE);
	rates_effect(&rule, FL_EFFECT_MARKED, &r);
	tap_is_u64(r.verdict, ACTUAL_BELOW, "half came marked: fewer is well");
	rule.side[FL_IN].effect[FL_EFFECT_MARKED] = PACKETS / 2;
	rates_effect(&rule, FL_EFFECT_MARKED, &r);
	tap_is_u64(r.verdict, ACTUAL_OUTSIDE, "more is not");
}

static void test_ends(void)
{
	struct sample_rule rule = rule_of(impair_plain(FL_IMPAIR_REJECT));
	struct flow flow = new_flow(rule.rule.impairs, 6);
	struct actual r;

	play(&rule, &flow, 999, 0);
	tap_ok(rates_loss(&rule, &r) && r.asked == 1 && r.rate == 1 &&
		       r.hits == 999 && !r.has_interval,
	       "reject: answered or not, all are lost");
	rule = rule_of(impair_duplicate(0.25));
	add_impair(&rule, impair_plain(FL_IMPAIR_BLACKHOLE));
	play(&rule, &flow, 10000, 0);
	rates_loss(&rule, &r);
	is_inside(&r, 0.75, "blackhole with duplicates: one copy goes on");
	rates_effect(&rule, FL_EFFECT_DUPLICATED, &r);
	is_inside(&r, 0, "and that is no duplicate");
	rule = rule_of(impair_duplicate(0.25));
	add_impair(&rule, impair_plain(FL_IMPAIR_FAIL));
	play(&rule, &flow, 10000, 0);
	tap_ok(rates_loss(&rule, &r) && r.expected == 1 && r.rate == 1,
	       "fail with duplicates: all fail");
	rates_effect(&rule, FL_EFFECT_DUPLICATED, &r);
	is_inside(&r, 0, "and none is doubled");
	rule.rule.impairs[1].kind = FL_IMPAIR_REJECT;
	tap_ok(rates_loss(&rule, &r) && !r.has_expected &&
		       r.verdict == ACTUAL_UNJUDGED,
	       "reject with duplicates: not known beforehand");
}

static void test_mangle(void)
{
	struct sample_rule rule = rule_of(impair_loss(0.5));
	struct flow flow = new_flow(rule.rule.impairs, 8);
	struct actual r;

	add_impair(&rule, impair_plain(FL_IMPAIR_MANGLE_TTL));
	add_impair(&rule, impair_plain(FL_IMPAIR_MANGLE_DSCP));
	play(&rule, &flow, 1000, 0);
	tap_ok(rates_effect(&rule, FL_EFFECT_MANGLED, &r) && r.rate == 1 &&
		       r.asked == 1 && r.packets < 600 && !r.has_interval,
	       "mangle: all that were not lost, each once");
}

static void test_skipped(void)
{
	struct sample_rule rule = rule_of(impair_corrupt(0.1));
	struct fl_counters *in = &rule.side[FL_IN];
	struct actual r;

	in->packets = in->reason[FL_REASON_PASSED] = 10000;
	in->effect[FL_EFFECT_CORRUPTED] = 700;
	rates_effect(&rule, FL_EFFECT_CORRUPTED, &r);
	tap_is_u64(r.verdict, ACTUAL_OUTSIDE, "fewer than asked");
	in->effect[FL_EFFECT_SKIPPED] = 300;
	rates_effect(&rule, FL_EFFECT_CORRUPTED, &r);
	tap_is_u64(r.verdict, ACTUAL_BELOW, "but the rest was skipped");
	in->effect[FL_EFFECT_SKIPPED] = 100;
	rates_effect(&rule, FL_EFFECT_CORRUPTED, &r);
	tap_is_u64(r.verdict, ACTUAL_OUTSIDE, "too little of the rest");
	tap_ok(rates_effect(&rule, FL_EFFECT_SKIPPED, &r) && r.count == 100 &&
		       !r.has_asked && !r.has_interval,
	       "skipped is a count");
	rule.rule.flags = FL_RULE_DRY_RUN;
	in->would_effect[FL_EFFECT_CORRUPTED] = 1001;
	rates_effect(&rule, FL_EFFECT_CORRUPTED, &r);
	tap_ok(r.count == 1001 && r.verdict == ACTUAL_INSIDE,
	       "a dry run counts what it would have done");
}

static void test_few(void)
{
	struct sample_rule rule = rule_of(impair_burst(0.1, 10));
	struct actual r;

	/* 20 expected in 200 packets, which tell as much as 11. */
	rule.side[FL_OUT].packets = 200;
	rule.side[FL_OUT].reason[FL_REASON_PASSED] = 200;
	rates_loss(&rule, &r);
	tap_is_u64(r.verdict, ACTUAL_TOO_FEW,
		   "no burst in 200 packets means nothing");
	rule = rule_of(impair_loss(0.1));
	rule.side[FL_OUT].packets = 200;
	rule.side[FL_OUT].reason[FL_REASON_PASSED] = 200;
	rates_loss(&rule, &r);
	tap_is_u64(r.verdict, ACTUAL_OUTSIDE, "no single loss does");
}

int main(void)
{
	test_coverage();
	test_together();
	test_bursts_together();
	test_marks();
	test_ends();
	test_mangle();
	test_skipped();
	test_few();
	return tap_done();
}
