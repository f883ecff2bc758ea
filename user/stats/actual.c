/* SPDX-License-Identifier: GPL-2.0-only */
#include "actual.h"

#include <math.h>

#include "chain.h"
#include "counters.h"
#include "expected.h"
#include "interval.h"

/* Both directions, as they were or in a dry run would have been. */
struct counts {
	__u64 packets;
	__u64 dropped; /* before a queue could be full */
	__u64 lost;    /* the loss's part of dropped */
	__u64 overflow;
	__u64 effect[FL_EFFECTS];
};

static struct counts counts_of(const struct sample_rule *rule,
			       const struct plan *plan)
{
	bool dry = rule->rule.flags & FL_RULE_DRY_RUN;
	struct counts sum = { 0 };
	__u64 marks;

	for (int side = 0; side < FL_SIDES; side++) {
		const struct fl_counters *one = &rule->side[side];

		sum.packets += one->packets;
		sum.dropped += dry ? one->would_drop :
				     counters_dropped(one) -
					       one->reason[FL_REASON_OVERFLOW];
		sum.overflow += one->reason[FL_REASON_OVERFLOW];
		for (int i = 0; i < FL_EFFECTS; i++)
			sum.effect[i] += dry ? one->would_effect[i] :
					       one->effect[i];
	}
	/* Effects are counted a moment later: never below 0. */
	marks = plan->mark_drops ? sum.effect[FL_EFFECT_NOT_ECT] : 0;
	sum.lost = sum.dropped > marks ? sum.dropped - marks : 0;
	return sum;
}

/*
 * The inflation of what happens in a share @rate of packets with @inflation,
 * when it only counts if an independent draw of @chance hits too. No less
 * than 1: what evens out within a flow does not between short flows.
 */
static double thinned(double chance, double rate, double inflation)
{
	double both = chance * rate;

	if (both >= 1)
		return 1;
	inflation = 1 + chance * (1 - rate) * (inflation - 1) / (1 - both);
	return fmax(inflation, 1);
}

/* Whether what is missing from what was expected may be among @others. */
static bool explained(const struct actual *r, double inflation, __u64 others)
{
	double low, high;

	interval_correlated(r->hits + others, r->packets, inflation, &low,
			    &high);
	return r->expected <= high;
}

static enum actual_verdict judge(const struct actual *r, double inflation,
				 __u64 others)
{
	double packets = (double)r->packets / inflation;

	if (!r->has_interval || !r->has_expected || !r->packets)
		return ACTUAL_UNJUDGED;
	/* Never and always can be told from any number of packets. */
	if (r->expected > 0 && r->expected < 1 &&
	    packets * r->expected < ACTUAL_HITS_MIN)
		return ACTUAL_TOO_FEW;
	if (r->expected >= r->low && r->expected <= r->high)
		return ACTUAL_INSIDE;
	return r->expected > r->high && explained(r, inflation, others) ?
		       ACTUAL_BELOW :
		       ACTUAL_OUTSIDE;
}

/* Fills in what follows from the rest; @others as for explained(). */
static void finish(struct actual *r, double inflation, __u64 others)
{
	if (r->packets)
		r->rate = (double)r->hits / (double)r->packets;
	if (r->has_interval)
		interval_correlated(r->hits, r->packets, inflation, &r->low,
				    &r->high);
	r->verdict = judge(r, inflation, others);
}

static struct actual loss_of(const struct plan *plan,
			     const struct counts *counts)
{
	/* A packet that is both doubled and lost is one that goes on. */
	double alone = plan->told ? 1 : 1 - plan->effect[FL_EFFECT_DUPLICATED];
	struct actual r = {
		.has_asked = plan->has_rate,
		.has_expected = plan->has_rate &&
				!(plan->may_be_told && plan->duplicates),
		.has_interval = plan->has_rate && plan->chain.inflation > 0 &&
				!plan->may_be_told &&
				(plan->by_chance || (alone > 0 && alone < 1)),
		.begins_passing = plan->begins_passing,
		.asked = plan->asked,
		.expected = plan->loss * alone,
		.packets = counts->packets,
		.count = counts->lost,
		.hits = counts->lost,
	};

	finish(&r, thinned(alone, plan->loss, plan->chain.inflation), 0);
	return r;
}

/* Tried on every packet, of which the loss takes some back. */
static void duplicated(const struct plan *plan, const struct counts *counts,
		       struct actual *r)
{
	double stay = plan->told ? 0 : plan->loses ? 1 - plan->loss : 1;
	double inflation = plan->loses ? plan->chain.inflation : 1;

	r->packets = counts->packets;
	r->expected = r->asked * stay;
	/* A mark that drops takes some back too, how many is not counted. */
	r->has_expected = !plan->may_be_told && !plan->mark_drops &&
			  (plan->has_rate || !plan->loses);
	r->has_interval = plan->has_rate || !plan->loses;
	if (inflation <= 0)
		r->has_interval = false;
	finish(r, thinned(r->asked, stay, inflation),
	       counts->effect[FL_EFFECT_SKIPPED]);
}

static __u64 less(__u64 from, __u64 what)
{
	return from > what ? from - what : 0;
}

/* Tried on every packet that comes as far as the engine. */
static void reordered(const struct plan *plan, const struct counts *counts,
		      struct actual *r)
{
	double inflation = plan->reorder_inflation;

	r->packets = less(counts->packets, counts->dropped);
	if (plan->queue_counts)
		r->packets = less(r->packets, counts->overflow);
	r->has_interval = inflation > 0;
	finish(r, inflation > 0 ? inflation : 1,
	       counts->effect[FL_EFFECT_SKIPPED]);
}

/* Without a rate that could be asked for there is only the count. */
static struct actual effect_of(const struct plan *plan,
			       const struct counts *counts,
			       enum fl_effect effect)
{
	__u64 skipped = counts->effect[FL_EFFECT_SKIPPED];
	struct actual r = {
		.has_asked = true,
		.has_expected = true,
		.has_interval = true,
		.asked = plan->effect[effect],
		.expected = plan->effect[effect],
		.packets = less(counts->packets, counts->lost),
		.count = counts->effect[effect],
		.hits = counts->effect[effect],
	};

	if (!plan->rated[effect])
		return (struct actual){ .count = r.count };
	switch (effect) {
	case FL_EFFECT_DUPLICATED:
		duplicated(plan, counts, &r);
		break;
	case FL_EFFECT_MARKED:
		/* Chosen, but without ECN. Those that came marked are in
		 * neither count, and may be any number. */
		r.hits += counts->effect[FL_EFFECT_NOT_ECT];
		finish(&r, 1, less(r.packets, r.hits));
		break;
	case FL_EFFECT_MANGLED:
		r.packets = less(counts->packets, counts->dropped);
		r.has_interval = false;
		finish(&r, 1, skipped);
		break;
	case FL_EFFECT_REORDERED:
		reordered(plan, counts, &r);
		break;
	default:
		finish(&r, 1, skipped);
	}
	return r;
}

void actual_rates(const struct sample_rule *rule, struct actual_rates *rates)
{
	struct plan plan = plan_of(&rule->rule);
	struct counts counts = counts_of(rule, &plan);

	*rates = (struct actual_rates){ .has_loss = plan.loses };
	if (plan.loses)
		rates->loss = loss_of(&plan, &counts);
	for (int i = 0; i < FL_EFFECTS; i++) {
		rates->has_effect[i] = plan.can[i] || counts.effect[i];
		rates->effect[i] = effect_of(&plan, &counts, i);
	}
}

bool actual_differs(const struct actual *r)
{
	return r->has_asked && r->has_expected &&
	       fabs(r->asked - r->expected) > 1e-4 * r->asked;
}
