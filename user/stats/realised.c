/* SPDX-License-Identifier: GPL-2.0-only */
#include "realised.h"

#include <math.h>

#include "chain.h"
#include "counters.h"
#include "interval.h"

/* What a rule's impairments come to, each by itself. */
struct plan {
	bool loses;
	bool has_rate; /* asked and loss are valid */
	bool by_chance;
	bool begins_passing;
	bool duplicates, mark_drops;
	bool queue_marks;  /* as mark-ce does, in the same count */
	bool queue_counts; /* refuses packets before they may reorder */
	/* Of a packet that is lost, the copy goes on: not where the sender is
	 * told. Whether a packet can be answered we do not know. */
	bool told, may_be_told;
	double asked, loss;	   /* rates */
	struct chain chain;	   /* inflation 1: packets are independent */
	double effect[FL_EFFECTS]; /* rates asked for */
	bool can[FL_EFFECTS];
	bool rated[FL_EFFECTS]; /* effect is valid */
	double reorder_inflation;
};

static double fraction(__u32 value_u32)
{
	return (double)value_u32 / FL_P_ONE;
}

static double pattern_rate(const union fl_params *u)
{
	__u32 ones = 0;

	for (__u32 i = 0; i < u->pattern.length && i < FL_PATTERN_BITS; i++)
		ones += (__u32)(u->pattern.bits[i / 64] >> i % 64) & 1;
	return u->pattern.length ? (double)ones / u->pattern.length : 0;
}

static void plan_rate(struct plan *plan, double rate, bool by_chance)
{
	plan->has_rate = true;
	plan->by_chance = by_chance;
	plan->asked = plan->loss = rate;
	plan->chain.inflation = 1;
}

static void plan_chain(struct plan *plan, double asked, struct chain chain)
{
	plan_rate(plan, chain.rate, true);
	plan->asked = asked;
	plan->chain = chain;
}

static void plan_model(struct plan *plan, const struct fl_impair *impair)
{
	const union fl_params *u = &impair->u;
	struct chain chain;

	switch (impair->kind) {
	case FL_IMPAIR_LOSS_BURST:
		plan_chain(plan, fraction(u->burst.loss_u32), chain_burst(u));
		return;
	case FL_IMPAIR_LOSS_NETEM:
		plan_chain(plan, fraction(u->netem.probability_u32),
			   chain_netem(u->netem.probability_u32,
				       u->netem.correlation_u32));
		return;
	case FL_IMPAIR_LOSS_GEMODEL:
	case FL_IMPAIR_LOSS_STATE:
		chain = impair->kind == FL_IMPAIR_LOSS_STATE ? chain_state(u) :
							       chain_gemodel(u);
		plan_chain(plan, chain.rate, chain);
		plan->begins_passing = true;
	}
}

static void plan_loss(struct plan *plan, const struct fl_impair *impair)
{
	const union fl_params *u = &impair->u;

	plan->loses = true;
	switch (impair->kind) {
	case FL_IMPAIR_LOSS:
		plan_rate(plan, fraction(u->loss.probability_u32), true);
		return;
	case FL_IMPAIR_LOSS_NTH:
		if (u->nth.period)
			plan_rate(plan, 1.0 / u->nth.period, false);
		return;
	case FL_IMPAIR_LOSS_PATTERN:
		plan_rate(plan, pattern_rate(u), false);
		return;
	case FL_IMPAIR_LOSS_FIRST:
	case FL_IMPAIR_LOSS_TRACE:
		return;
	case FL_IMPAIR_BLACKHOLE:
	case FL_IMPAIR_REJECT:
	case FL_IMPAIR_FAIL:
		plan_rate(plan, 1, false);
		plan->told = impair->kind == FL_IMPAIR_FAIL;
		plan->may_be_told = impair->kind == FL_IMPAIR_REJECT;
		return;
	}
	plan_model(plan, impair);
}

static bool is_loss(__u32 kind)
{
	static const bool loses[FL_IMPAIR_KINDS] = {
#define IMPAIR(id, words, category, directions, state, function, help) \
	[FL_IMPAIR_##id] = FL_CATEGORY_##category == FL_CATEGORY_LOSS,
#define PARAM(id, member, type, min, max, initial, argument, json, help)
#include <faultline/impairs.def>
#undef IMPAIR
#undef PARAM
	};

	return kind < FL_IMPAIR_KINDS && loses[kind];
}

static void plan_effect(struct plan *plan, enum fl_effect effect, double rate)
{
	plan->can[effect] = plan->rated[effect] = true;
	plan->effect[effect] = rate;
}

/*
 * After each packet that went ahead gap - 1 stay, then each has the chance: a
 * renewal process, whose share scatters with variance / mean^3 of the distance
 * between two such packets.
 */
static void plan_reorder(struct plan *plan, const struct fl_reorder *reorder)
{
	double p = fraction(reorder->probability_u32);
	double wait = reorder->gap > 1 ? reorder->gap - 1 : 0;
	double rate = p > 0 ? 1 / (wait + 1 / p) : 0;

	plan->can[FL_EFFECT_REORDERED] = true;
	if (reorder->correlation_u32)
		return;
	plan_effect(plan, FL_EFFECT_REORDERED, rate);
	plan->reorder_inflation = 1;
	if (wait > 0 && p > 0)
		plan->reorder_inflation = (1 - p) / (p * p) * rate * rate /
					  (1 - rate);
}

static void plan_holding(struct plan *plan, const struct fl_impair *impair)
{
	const struct fl_queue *queue = &impair->u.queue;

	plan->can[FL_EFFECT_DELAYED] = true;
	if (impair->kind == FL_IMPAIR_REORDER)
		plan_reorder(plan, &impair->u.reorder);
	if (impair->kind == FL_IMPAIR_QUEUE) {
		plan->queue_marks = queue->ecn;
		plan->queue_counts = queue->packets;
	}
}

static void plan_impair(struct plan *plan, const struct fl_impair *impair)
{
	const union fl_params *u = &impair->u;

	switch (impair->kind) {
	case FL_IMPAIR_DUPLICATE:
		plan_effect(plan, FL_EFFECT_DUPLICATED,
			    fraction(u->duplicate.probability_u32));
		plan->duplicates = u->duplicate.probability_u32;
		return;
	case FL_IMPAIR_CORRUPT:
		plan_effect(plan, FL_EFFECT_CORRUPTED,
			    fraction(u->corrupt.probability_u32));
		return;
	case FL_IMPAIR_MARK_CE:
		plan_effect(plan, FL_EFFECT_MARKED,
			    fraction(u->mark.probability_u32));
		plan->mark_drops = u->mark.drop_others;
		return;
	case FL_IMPAIR_MANGLE_TTL:
	case FL_IMPAIR_MANGLE_DSCP:
		plan_effect(plan, FL_EFFECT_MANGLED, 1);
		return;
	case FL_IMPAIR_DELAY:
	case FL_IMPAIR_REORDER:
	case FL_IMPAIR_RATE:
	case FL_IMPAIR_QUEUE:
	case FL_IMPAIR_SLOT:
		plan_holding(plan, impair);
		return;
	}
	if (is_loss(impair->kind))
		plan_loss(plan, impair);
}

static struct plan plan_of(const struct fl_rule *rule)
{
	struct plan plan = { 0 };

	for (__u32 i = 0; i < rule->impair_count && i < FL_IMPAIRS_MAX; i++)
		plan_impair(&plan, &rule->impairs[i]);
	/* Dry, no packet is the first of others. */
	if (rule->flags & FL_RULE_DRY_RUN)
		plan.can[FL_EFFECT_REORDERED] =
			plan.rated[FL_EFFECT_REORDERED] = false;
	/* Whose a mark was is not counted. */
	plan.can[FL_EFFECT_MARKED] |= plan.queue_marks;
	plan.rated[FL_EFFECT_MARKED] &= !plan.queue_marks;
	/* With "scope rule" there is one chain, which begins but once. */
	plan.begins_passing &= !(rule->flags & FL_RULE_SCOPE);
	return plan;
}

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
static bool explained(const struct realised *r, double inflation, __u64 others)
{
	double low, high;

	interval_correlated(r->hits + others, r->packets, inflation, &low,
			    &high);
	return r->expected <= high;
}

static enum realised_verdict judge(const struct realised *r, double inflation,
				   __u64 others)
{
	double packets = (double)r->packets / inflation;

	if (!r->has_interval || !r->has_expected || !r->packets)
		return REALISED_UNJUDGED;
	/* Never and always can be told from any number of packets. */
	if (r->expected > 0 && r->expected < 1 &&
	    packets * r->expected < REALISED_HITS_MIN)
		return REALISED_TOO_FEW;
	if (r->expected >= r->low && r->expected <= r->high)
		return REALISED_INSIDE;
	return r->expected > r->high && explained(r, inflation, others) ?
		       REALISED_BELOW :
		       REALISED_OUTSIDE;
}

/* Fills in what follows from the rest; @others as for explained(). */
static void finish(struct realised *r, double inflation, __u64 others)
{
	if (r->packets)
		r->rate = (double)r->hits / (double)r->packets;
	if (r->has_interval)
		interval_correlated(r->hits, r->packets, inflation, &r->low,
				    &r->high);
	r->verdict = judge(r, inflation, others);
}

static struct realised loss_of(const struct plan *plan,
			       const struct counts *counts)
{
	/* A packet that is both doubled and lost is one that goes on. */
	double alone = plan->told ? 1 : 1 - plan->effect[FL_EFFECT_DUPLICATED];
	struct realised r = {
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
		       struct realised *r)
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
		      struct realised *r)
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
static struct realised effect_of(const struct plan *plan,
				 const struct counts *counts,
				 enum fl_effect effect)
{
	__u64 skipped = counts->effect[FL_EFFECT_SKIPPED];
	struct realised r = {
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
		return (struct realised){ .count = r.count };
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

void realised_rates(const struct sample_rule *rule,
		    struct realised_rates *rates)
{
	struct plan plan = plan_of(&rule->rule);
	struct counts counts = counts_of(rule, &plan);

	*rates = (struct realised_rates){ .has_loss = plan.loses };
	if (plan.loses)
		rates->loss = loss_of(&plan, &counts);
	for (int i = 0; i < FL_EFFECTS; i++) {
		rates->has_effect[i] = plan.can[i] || counts.effect[i];
		rates->effect[i] = effect_of(&plan, &counts, i);
	}
}

bool realised_differs(const struct realised *r)
{
	return r->has_asked && r->has_expected &&
	       fabs(r->asked - r->expected) > 1e-4 * r->asked;
}
