/* SPDX-License-Identifier: GPL-2.0-only */
/* A sample worked out: its columns, its remarks, and the rates between two. */
#include <string.h>

#include "stats/rates.h"
#include "stats/table.h"
#include "lib/impairs.h"
#include "lib/tap.h"

static struct sample_rule rule_of(struct fl_impair impair)
{
	struct sample_rule rule = {
		.rule = { .name = "r", .directions = FL_DIR_IN },
	};

	rule.rule.impairs[rule.rule.impair_count++] = impair;
	return rule;
}

static struct sample_rule holding_rule(struct fl_holding holding[FL_SIDES])
{
	struct fl_impair delay = {
		.kind = FL_IMPAIR_DELAY,
		.u.delay.delay_ns = 1000,
	};
	struct sample_rule rule = rule_of(delay);

	memset(holding, 0, FL_SIDES * sizeof(*holding));
	rule.holding = holding;
	return rule;
}

static void count(struct fl_counters *counters, enum fl_reason reason,
		  __u64 packets)
{
	counters->packets += packets;
	counters->reason[reason] += packets;
}

static struct stats_table table_of(const struct sample *sample)
{
	struct stats_table table;

	tap_ok(!stats_table_make(sample, &table), "a table");
	return table;
}

static void test_totals(void)
{
	struct sample sample = { .device = { .epoch_ns = 5, .time_ns = 12 } };
	struct sample_totals *totals = &sample.totals;
	const struct stats_total *both;
	struct stats_table table;

	count(&totals->seen[FL_IN], FL_REASON_PASSED, 4);
	count(&totals->seen[FL_IN], FL_REASON_REJECTED, 3);
	count(&totals->seen[FL_OUT], FL_REASON_OVERFLOW, 2);
	count(&totals->seen[FL_OUT], FL_REASON_HELD, 1);
	totals->delays[FL_IN] = (struct sample_delays){ 2, 1, 10 };
	totals->delays[FL_OUT] = (struct sample_delays){ 3, 0, 20 };
	totals->exempt[FL_OUT].packets = 6;
	totals->tally[FL_IN].evicted_flows = 7;
	totals->tally[FL_OUT].untracked_packets = 8;
	table = table_of(&sample);
	both = &table.total[STATS_BOTH];
	tap_ok(table.up_ns == 7 && !table.holds && !table.rule_count,
	       "the device");
	tap_ok(both->counts.packets == 10 && both->counts.dropped == 5 &&
		       both->counts.reason[FL_REASON_REJECTED] == 3 &&
		       both->counts.reason[FL_REASON_HELD] == 1,
	       "whoever was told, a packet that did not go on is dropped");
	tap_ok(table.total[FL_IN].counts.dropped == 3 &&
		       table.total[FL_OUT].counts.dropped == 2,
	       "of each direction");
	tap_ok(both->released == 5 && both->late == 1 &&
		       both->mean_delay_ns == 6 &&
		       table.total[FL_IN].mean_delay_ns == 5,
	       "delays: the mean of all, not of the means");
	tap_ok(both->exempt == 6 && table.tally.evicted_flows == 7 &&
		       table.tally.untracked_packets == 8,
	       "and the rest");
	stats_table_free(&table);
}

static bool exact; /* the device's */

/* Whether the only remarks of @rule are @kinds. */
static bool remarks_are(const struct sample_rule *rule, size_t count,
			const enum remark_kind kinds[])
{
	struct sample sample = {
		.device = { .exact = exact },
		.rules = (struct sample_rule *)rule,
		.rule_count = 1,
	};
	struct stats_table table = table_of(&sample);
	const struct remarks *remarks = &table.rules[0].remarks;
	bool same = remarks->count == count;

	for (size_t i = 0; i < count && same; i++)
		same = remarks->list[i].kind == kinds[i];
	for (size_t i = 0; i < remarks->count && !same; i++)
		tap_diag("remark %d", remarks->list[i].kind);
	stats_table_free(&table);
	return same;
}

#define REMARKS_ARE(rule, ...)                                    \
	remarks_are(rule,                                         \
		    sizeof((enum remark_kind[]){ __VA_ARGS__ }) / \
			    sizeof(enum remark_kind),             \
		    (enum remark_kind[]){ __VA_ARGS__ })

static void test_loss_remarks(void)
{
	struct sample_rule rule = rule_of(impair_loss(0.1));
	struct fl_counters *in = &rule.side[FL_IN];

	count(in, FL_REASON_PASSED, 900);
	count(in, FL_REASON_DROPPED, 100);
	tap_ok(remarks_are(&rule, 0, NULL),
	       "nothing to say of what is as asked");
	count(in, FL_REASON_PASSED, 9000);
	tap_ok(REMARKS_ARE(&rule, REMARK_OUTSIDE), "what is not");
	*in = (struct fl_counters){ 0 };
	count(in, FL_REASON_PASSED, 5);
	tap_ok(REMARKS_ARE(&rule, REMARK_TOO_FEW), "too few");
	rule.expired = true;
	rule.rule.flags = FL_RULE_DRY_RUN;
	tap_ok(REMARKS_ARE(&rule, REMARK_EXPIRED, REMARK_DRY_RUN,
			   REMARK_TOO_FEW),
	       "expired and dry");
	rule = rule_of(impair_netem(0.3, 0.8));
	count(&rule.side[FL_IN], FL_REASON_PASSED, 5);
	tap_ok(REMARKS_ARE(&rule, REMARK_NETEM_DRIFTS, REMARK_TOO_FEW_EXPECTED),
	       "netem's rate");
	rule = rule_of(impair_gemodel(0.1, 0.2, 1, 0));
	count(&rule.side[FL_IN], FL_REASON_PASSED, 10000);
	tap_ok(REMARKS_ARE(&rule, REMARK_OUTSIDE, REMARK_BEGINS_PASSING),
	       "a chain that begins without loss");
}

static void test_effect_remarks(void)
{
	struct sample_rule rule = rule_of(impair_mark(0.5, 1));
	struct fl_holding holding[FL_SIDES];
	struct fl_counters *in = &rule.side[FL_IN];

	count(in, FL_REASON_PASSED, 1000);
	in->effect[FL_EFFECT_NOT_ECT] = 500;
	tap_ok(REMARKS_ARE(&rule, REMARK_NOT_ECT_DROPPED), "no ECN: dropped");
	rule.rule.impairs[0] = impair_mark(0.5, 0);
	tap_ok(REMARKS_ARE(&rule, REMARK_NOT_ECT_PASSED), "no ECN: passed");
	in->effect[FL_EFFECT_NOT_ECT] = 0;
	in->effect[FL_EFFECT_MARKED] = 300;
	tap_ok(REMARKS_ARE(&rule, REMARK_REST_MARKED), "marked before");
	rule = rule_of(impair_corrupt(0.5));
	count(in, FL_REASON_PASSED, 1000);
	in->effect[FL_EFFECT_CORRUPTED] = 300;
	in->effect[FL_EFFECT_SKIPPED] = 200;
	tap_ok(REMARKS_ARE(&rule, REMARK_REST_SKIPPED, REMARK_SKIPPED),
	       "skipped");
	rule = holding_rule(holding);
	count(in, FL_REASON_PASSED, 10);
	in->effect[FL_EFFECT_SKIPPED] = 10;
	rule.holding[FL_IN].released = rule.holding[FL_IN].late = 1;
	tap_ok(REMARKS_ARE(&rule, REMARK_SKIPPED, REMARK_NOT_HELD, REMARK_LATE),
	       "held late, or not at all");
}

static void test_aggregate_remarks(void)
{
	struct fl_impair nth = { .kind = FL_IMPAIR_LOSS_NTH, .u.nth = { 2 } };
	struct sample_rule any = rule_of(impair_corrupt(1));
	struct sample_rule counts = rule_of(nth);

	count(&any.side[FL_OUT], FL_REASON_PASSED, 10000);
	any.side[FL_OUT].effect[FL_EFFECT_SKIPPED] = 10000;
	any.side[FL_OUT].aggregates = 9;
	tap_ok(REMARKS_ARE(&any, REMARK_REST_SKIPPED, REMARK_SKIPPED),
	       "aggregates: nothing where one is like the other");
	any.side[FL_IN].mixed = 1;
	tap_ok(REMARKS_ARE(&any, REMARK_REST_SKIPPED, REMARK_SKIPPED,
			   REMARK_MIXED),
	       "but where packets of one are not alike");
	count(&counts.side[FL_OUT], FL_REASON_PASSED, 1);
	counts.side[FL_OUT].aggregates = 1;
	tap_ok(REMARKS_ARE(&counts, REMARK_AGGREGATES),
	       "and where they were to be counted");
	exact = true;
	tap_ok(REMARKS_ARE(&any, REMARK_REST_SKIPPED, REMARK_SKIPPED_EXACT,
			   REMARK_AGGREGATES_EXACT, REMARK_MIXED_EXACT) &&
		       REMARKS_ARE(&counts, REMARK_AGGREGATES_EXACT),
	       "with --exact all of them, without advice");
	exact = false;
}

static void test_rates(void)
{
	struct fl_holding old_holding[FL_SIDES], holding[FL_SIDES];
	struct sample_rule old_rule = holding_rule(old_holding);
	struct sample_rule rule = holding_rule(holding);
	struct sample old = {
		.device = { .time_ns = 10 },
		.rules = &old_rule,
		.rule_count = 1,
	};
	struct sample now = { .device = { .time_ns = 30, .degraded = true },
			      .rules = &rule,
			      .rule_count = 1 };
	struct stats_table before, after;
	struct rates rates;

	count(&old_rule.side[FL_IN], FL_REASON_PASSED, 5);
	count(&rule.side[FL_IN], FL_REASON_PASSED, 7);
	count(&rule.side[FL_OUT], FL_REASON_DROPPED, 4);
	rule.holding[FL_IN].released = 2;
	rule.holding[FL_IN].delay_ns = 600;
	before = table_of(&old);
	after = table_of(&now);
	tap_ok(!rates_make(&after, NULL, &rates) && rates.count == 3 &&
		       !rates.rows[2].known && !rates.interval_ns &&
		       !rates.rows[0].name && rates.degraded_anew,
	       "at first nothing is known");
	rates_free(&rates);
	tap_ok(!rates_make(&after, &before, &rates) &&
		       rates.interval_ns == 20 && rates.rows[2].known &&
		       rates.rows[2].gained.packets == 6 &&
		       rates.rows[2].gained.dropped == 4 &&
		       rates.rows[2].packets == 11,
	       "what was gained");
	tap_ok(rates.rows[2].has_delay && rates.rows[2].delay_ns == 300,
	       "the mean delay of those let go");
	rates_free(&rates);
	rule.rule.age++;
	tap_ok(!rates_make(&after, &before, &rates) && !rates.rows[2].known,
	       "another rule of that name");
	rates_free(&rates);
	stats_table_free(&before);
	stats_table_free(&after);
}

int main(void)
{
	test_totals();
	test_loss_remarks();
	test_effect_remarks();
	test_aggregate_remarks();
	test_rates();
	return tap_done();
}
