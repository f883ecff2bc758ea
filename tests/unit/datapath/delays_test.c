/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said of rules that hold packets: asked for, actual, counted. */
#include <math.h>

#include <faultline/depart.h>
#include <faultline/histogram.h>

#include "stats/counters.h"
#include "stats/actual_delay.h"
#include "stats/asked_delay.h"
#include "lib/impairs.h"
#include "lib/rates.h"
#include "lib/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DRAWS 1000000u
#define MS 1000000ull

static struct fl_table tables[FL_TABLES];

/* Some that are cut off at 0 on one side, and not a power of two of them. */
static void make_tables(void)
{
	struct fl_table *skewed = &tables[FL_TABLE_PARETO];

	tables[FL_TABLE_NORMAL].length = 3;
	tables[FL_TABLE_NORMAL].value[0] = -FL_TABLE_SCALE;
	tables[FL_TABLE_NORMAL].value[2] = 3 * FL_TABLE_SCALE;
	skewed->length = 5000;
	for (__u32 i = 0; i < skewed->length; i++)
		skewed->value[i] = (__s16)(i * i / 800 - 8000);
}

static void add(struct fl_rule *rule, struct fl_impair impair)
{
	rule->impairs[rule->impair_count++] = impair;
}

static struct fl_impair impair_delay(__u64 delay_ns, __u32 jitter_ns,
				     __u32 table, double correlation)
{
	return (struct fl_impair){
		.kind = FL_IMPAIR_DELAY,
		.u.delay = {
			.delay_ns = delay_ns,
			.jitter_ns = jitter_ns,
			.table = table,
			.correlation_u32 = P(correlation),
		},
	};
}

static struct fl_impair impair_reorder(double p, double correlation, __u32 gap)
{
	return (struct fl_impair){
		.kind = FL_IMPAIR_REORDER,
		.u.reorder = { P(p), P(correlation), gap },
	};
}

/* ---- asked for ---------------------------------------------------------- */

/* As the datapath draws it. */
static __u64 draw_delay(const struct fl_delay *delay, __u64 n, __u32 *last)
{
	__u32 u = (__u32)fl_draw(11, 0, n);

	return fl_spread(tables, delay->table, delay->delay_ns,
			 delay->jitter_ns,
			 fl_correlated(u, delay->correlation_u32, last));
}

static void is_mean_of_draws(const char *name, struct fl_impair impair)
{
	const struct fl_delay *delay = &impair.u.delay;
	struct fl_rule rule = { 0 };
	double asked, mean = 0, sum = 0, squares = 0, error;
	__u32 last = 0;

	add(&rule, impair);
	if (!tap_ok(sample_asked_delay(&rule, tables, &asked, &mean),
		    "%s: there is a mean", name))
		return;
	for (__u64 n = 0; n < DRAWS; n++) {
		double off = (double)draw_delay(delay, n, &last) - mean;

		sum += off;
		squares += off * off;
	}
	error = sqrt(squares) / DRAWS;
	if (!tap_ok(fabs(sum / DRAWS) <= 5 * error, "%s: that of the draws",
		    name))
		tap_diag("%g, drawn %g +- %g", mean, mean + sum / DRAWS, error);
}

static void test_draws(void)
{
	is_mean_of_draws("jitter", impair_delay(20 * MS, 5 * MS, 0, 0));
	is_mean_of_draws("jitter above the delay",
			 impair_delay(1 * MS, 3 * MS, 0, 0));
	is_mean_of_draws("seconds, which 32 bits hold unevenly",
			 impair_delay(2500 * MS, 2000 * MS, 0, 0));
	is_mean_of_draws("seconds, cut off at 0",
			 impair_delay(1700 * MS, 1900 * MS, 0, 0));
	is_mean_of_draws("a table",
			 impair_delay(10 * MS, 2 * MS, FL_TABLE_PARETO, 0));
	is_mean_of_draws("a table cut off at 0",
			 impair_delay(1 * MS, 2 * MS, FL_TABLE_PARETO, 0));
	is_mean_of_draws("correlated", impair_delay(20 * MS, 5 * MS, 0, 0.25));
	is_mean_of_draws("a correlated table, cut off",
			 impair_delay(1 * MS, 2 * MS, FL_TABLE_PARETO, 0.9));
}

static double asked(struct fl_impair first, struct fl_impair second)
{
	struct fl_rule rule = { 0 };
	double mean, drawn;

	add(&rule, first);
	if (second.kind)
		add(&rule, second);
	if (!sample_asked_delay(&rule, tables, &mean, &drawn))
		return -1;
	/* But for what the modulo does, which grows with the jitter. */
	return fabs(drawn - mean) <= 1e-3 * mean ? mean : -2;
}

static void test_exact(void)
{
	static const struct fl_impair none;
	struct fl_impair ordered = impair_delay(20 * MS, 5 * MS, 0, 0);
	struct fl_impair plain = impair_delay(20 * MS, 0, 0, 0);

	ordered.u.delay.ordered = 1;
	tap_ok(asked(plain, none) == 20e6, "without jitter: the delay");
	tap_ok(asked(impair_delay(20 * MS, 5 * MS, 0, 0), none) == 20e6,
	       "with: the same");
	tap_ok(fabs(asked(impair_delay(1 * MS, 3 * MS, 0, 0), none) - 4e6 / 3) <
		       1,
	       "more jitter than delay: (1 + 3)^2 / 12");
	tap_ok(fabs(asked(impair_delay(1 * MS, 2 * MS, FL_TABLE_NORMAL, 0),
			  none) -
		    8e6 / 3) < 1,
	       "a table of three: (0 + 1 + 7) / 3");
	tap_ok(asked(plain, impair_reorder(0.5, 0, 1)) == 20e6,
	       "reorder leaves those that wait alone");
	tap_ok(asked(impair_reorder(0.5, 0, 1), none) == 0,
	       "and nothing without a delay");
	tap_ok(asked(plain, impair_plain(FL_IMPAIR_RATE)) < 0 &&
		       asked(plain, impair_plain(FL_IMPAIR_SLOT)) < 0 &&
		       asked(ordered, none) < 0,
	       "rate, slot and order depend on the traffic");
	tap_ok(asked(impair_delay(9000 * MS, 2000 * MS, 0, 0.25), none) < 0 &&
		       asked(impair_delay(9 * MS, 2 * MS, 0, 1), none) < 0,
	       "too much correlated");
	tap_ok(asked(impair_delay(1, 1, FL_TABLE_FILE, 0), none) < 0,
	       "no such table");
	tap_ok(asked(impair_loss(1), none) < 0, "loss asks for no delay");
}

/* ---- actual ----------------------------------------------------------- */

static void release(struct sample_rule *rule, int side, __u64 delay_ns)
{
	struct fl_holding *holding = &rule->holding[side];

	rule->side[side].packets++;
	rule->side[side].reason[FL_REASON_PASSED]++;
	holding->released++;
	holding->delay_ns += delay_ns;
	holding->histogram[fl_histogram_beyond(delay_ns, rule->least_ns)]++;
}

static void test_interval(void)
{
	struct fl_impair impair = impair_delay(20 * MS, 5 * MS, 0, 0);
	__u32 last = 0;
	int inside = 0;

	for (__u64 run = 0; run < 1000; run++) {
		struct fl_holding holding[FL_SIDES] = { 0 };
		struct sample_rule rule = { .least_ns = 15 * MS,
					    .holding = holding };
		struct actual_delay delay;

		add(&rule.rule, impair);
		rule.has_asked_delay = sample_asked_delay(
			&rule.rule, tables, &rule.asked_delay_ns,
			&rule.expected_delay_ns);
		for (__u64 n = 0; n < 500; n++)
			release(&rule, n % 2,
				draw_delay(&impair.u.delay, run * 500 + n,
					   &last));
		actual_delay(&rule, FL_SIDES, &delay);
		inside += delay.has_interval &&
			  delay.expected_ns >= delay.low_ns &&
			  delay.expected_ns <= delay.high_ns;
	}
	if (!tap_ok(inside >= 978 && inside <= 998,
		    "the interval holds the mean in 99 of 100 samples"))
		tap_diag("in %d of 1000", inside);
}

static void test_delay(void)
{
	struct sample_rule rule = {
		.least_ns = 20 * MS,
		.has_asked_delay = true,
		.asked_delay_ns = 20e6,
	};
	struct fl_holding holding[FL_SIDES] = { 0 };
	struct actual_delay d;

	tap_ok(!actual_delay(&rule, FL_SIDES, &d), "no delay, nothing to say");
	rule.holding = holding;
	add(&rule.rule, impair_delay(20 * MS, 0, 0, 0));
	tap_ok(actual_delay(&rule, FL_IN, &d) && !d.released && d.has_asked &&
		       d.mean_ns == 0,
	       "none released yet");
	for (int i = 0; i < 1000; i++)
		release(&rule, FL_IN, 20 * MS + (i < 995 ? 1000 : 50000));
	release(&rule, FL_OUT, 30 * MS);
	rule.holding[FL_OUT].late = 1;
	rule.side[FL_OUT].reason[FL_REASON_HELD] = 7;
	actual_delay(&rule, FL_IN, &d);
	tap_ok(d.released == 1000 && !d.late && !d.held &&
		       fabs(d.mean_ns - 20001245) < 1e-6 && !d.has_interval,
	       "a mean, and no interval where there is no chance");
	tap_ok(fabs(d.p50_ns - 20001000) < 256 &&
		       fabs(d.p99_ns - 20001000) < 256 &&
		       fabs(d.p999_ns - 20050000) < 3125,
	       "quantiles to a bucket above the least");
	actual_delay(&rule, FL_SIDES, &d);
	tap_ok(d.released == 1001 && d.late == 1 && d.held == 7,
	       "both directions together");
}

/* As hold.h: of each packet whether it goes ahead. */
static void play_reorder(struct sample_rule *rule, __u64 packets)
{
	const struct fl_reorder *reorder = &rule->rule.impairs[0].u.reorder;
	struct fl_counters *counters = &rule->side[FL_OUT];
	struct fl_line line = { 0 };

	for (__u64 n = 0; n < packets; n++) {
		__u64 draw = fl_draw(rule->rule.seed, 0, n);
		bool ahead = fl_goes_ahead(reorder, draw, &line);

		counters->packets++;
		counters->reason[FL_REASON_PASSED]++;
		counters->effect[ahead ? FL_EFFECT_REORDERED :
					 FL_EFFECT_DELAYED]++;
	}
}

static void test_reorder(double p, __u32 gap, double share)
{
	int inside = 0;

	for (__u64 run = 0; run < 1000; run++) {
		struct sample_rule rule = { .rule.seed = run + 1 };
		struct actual r;

		add(&rule.rule, impair_reorder(p, 0, gap));
		play_reorder(&rule, 5000);
		rates_effect(&rule, FL_EFFECT_REORDERED, &r);
		inside += r.verdict == ACTUAL_INSIDE &&
			  fabs(r.asked - share) < 1e-8;
	}
	if (!tap_ok(inside >= 978 && inside <= 998,
		    "reorder %g gap %u: inside in 99 of 100 samples", p, gap))
		tap_diag("in %d of 1000", inside);
}

static void test_reorder_ends(void)
{
	struct sample_rule rule = { .rule.seed = 1 };
	struct actual r;

	add(&rule.rule, impair_reorder(1, 0, 5));
	play_reorder(&rule, 1000);
	tap_ok(rates_effect(&rule, FL_EFFECT_REORDERED, &r) && r.asked == 0.2 &&
		       r.rate == 0.2 && !r.has_interval &&
		       r.verdict == ACTUAL_UNJUDGED,
	       "each 5th for certain");
	tap_ok(rates_effect(&rule, FL_EFFECT_DELAYED, &r) && r.count == 800 &&
		       !r.has_asked,
	       "what is delayed is a count");
	rule.rule.impairs[0] = impair_reorder(0.1, 0.5, 1);
	tap_ok(rates_effect(&rule, FL_EFFECT_REORDERED, &r) && r.count == 200 &&
		       !r.has_asked,
	       "correlated: a count only");
	rule.rule.impairs[0] = impair_reorder(0.1, 0, 1);
	rule.rule.flags = FL_RULE_DRY_RUN;
	tap_ok(!rates_effect(&rule, FL_EFFECT_REORDERED, &r),
	       "a dry run reorders nothing");
}

/* ---- counted ------------------------------------------------------------ */

static void test_overflow(void)
{
	struct sample_rule rule = { 0 };
	struct fl_counters *in = &rule.side[FL_IN];
	struct actual r;

	add(&rule.rule, impair_loss(0.1));
	add(&rule.rule, impair_corrupt(0.5));
	add(&rule.rule, impair_plain(FL_IMPAIR_RATE));
	in->packets = 10000;
	in->reason[FL_REASON_DROPPED] = 1000;
	in->reason[FL_REASON_OVERFLOW] = 4000;
	in->reason[FL_REASON_HELD] = 2000;
	in->reason[FL_REASON_PASSED] = 3000;
	in->effect[FL_EFFECT_CORRUPTED] = 4500;
	tap_is_u64(counters_dropped(in), 5000,
		   "what is held is not dropped, what overflows is");
	tap_ok(rates_loss(&rule, &r) && r.hits == 1000 &&
		       r.verdict == ACTUAL_INSIDE,
	       "the loss is judged by its own");
	tap_ok(rates_effect(&rule, FL_EFFECT_CORRUPTED, &r) &&
		       r.packets == 9000 && r.verdict == ACTUAL_INSIDE,
	       "what a queue refuses was corrupted before");
}

static void test_queue_marks(void)
{
	struct sample_rule rule = { 0 };
	struct fl_impair queue = { .kind = FL_IMPAIR_QUEUE };
	struct actual r;

	queue.u.queue = (struct fl_queue){ .packets = 10, .ecn = 1 };
	add(&rule.rule, impair_mark(0.5, 0));
	add(&rule.rule, queue);
	rule.side[FL_IN].packets = rule.side[FL_IN].reason[0] = 1000;
	rule.side[FL_IN].effect[FL_EFFECT_MARKED] = 900;
	tap_ok(rates_effect(&rule, FL_EFFECT_MARKED, &r) && r.count == 900 &&
		       !r.has_asked,
	       "marks of the queue and of chance are not told apart");
}

int main(void)
{
	make_tables();
	test_draws();
	test_exact();
	test_interval();
	test_delay();
	test_reorder(0.25, 1, 0.25);
	test_reorder(0.3, 4, 1 / (3 + 1 / 0.3));
	test_reorder_ends();
	test_overflow();
	test_queue_marks();
	return tap_done();
}
