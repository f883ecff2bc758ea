/* SPDX-License-Identifier: GPL-2.0-only */
#include "remarks.h"

#include <math.h>

#include <faultline/category.h>

#include "counters.h"

#define NO_EFFECT (-1)

static void add(struct remarks *remarks, enum remark_kind kind, int effect,
		double value)
{
	if (remarks->count < REMARKS_MAX)
		remarks->list[remarks->count++] = (struct remark){
			.kind = kind,
			.effect = effect,
			.value = value,
		};
}

static const struct fl_impair *find_impair(const struct fl_rule *rule,
					   __u32 kind)
{
	for (__u32 i = 0; i < rule->impair_count && i < FL_IMPAIRS_MAX; i++)
		if (rule->impairs[i].kind == kind)
			return &rule->impairs[i];
	return NULL;
}

/* With "mark-ce P% drop". */
static bool drops_others(const struct fl_rule *rule)
{
	const struct fl_impair *mark = find_impair(rule, FL_IMPAIR_MARK_CE);

	return mark && mark->u.mark.drop_others;
}

static void about_verdict(const struct fl_rule *rule, int effect,
			  const struct actual *r, struct remarks *to)
{
	bool differs = actual_differs(r);
	bool drifts = effect == NO_EFFECT &&
		      find_impair(rule, FL_IMPAIR_LOSS_NETEM);

	if (differs)
		add(to, drifts ? REMARK_NETEM_DRIFTS : REMARK_CANCELS, effect,
		    r->expected);
	switch (r->verdict) {
	case ACTUAL_UNJUDGED:
	case ACTUAL_INSIDE:
		return;
	case ACTUAL_TOO_FEW:
		add(to, differs ? REMARK_TOO_FEW_EXPECTED : REMARK_TOO_FEW,
		    effect, 0);
		return;
	case ACTUAL_BELOW:
		add(to,
		    find_impair(rule, FL_IMPAIR_MARK_CE) ? REMARK_REST_MARKED :
							   REMARK_REST_SKIPPED,
		    effect, 0);
		return;
	case ACTUAL_OUTSIDE:
		add(to, differs ? REMARK_OUTSIDE_EXPECTED : REMARK_OUTSIDE,
		    effect, 0);
		if (r->begins_passing && r->rate < r->expected)
			add(to, REMARK_BEGINS_PASSING, effect, 0);
	}
}

static void about_effect(const struct fl_rule *rule, int effect,
			 const struct actual *r, bool exact, struct remarks *to)
{
	about_verdict(rule, effect, r, to);
	if (effect == FL_EFFECT_NOT_ECT)
		add(to,
		    drops_others(rule) ? REMARK_NOT_ECT_DROPPED :
					 REMARK_NOT_ECT_PASSED,
		    effect, 0);
	if (effect != FL_EFFECT_SKIPPED)
		return;
	add(to, exact ? REMARK_SKIPPED_EXACT : REMARK_SKIPPED, effect, 0);
	if (fl_rule_holds(rule))
		add(to, REMARK_NOT_HELD, effect, 0);
}

static void about_delay(const struct actual_delay *delay, struct remarks *to)
{
	if (fabs(delay->expected_ns - delay->asked_ns) >
	    0.005 * delay->asked_ns)
		add(to, REMARK_JITTER_UNEVEN, FL_EFFECT_DELAYED,
		    delay->expected_ns);
	if (delay->late)
		add(to, REMARK_LATE, NO_EFFECT, 0);
}

/* Where it makes a difference that one decision was about several packets, or
 * where --exact should have kept that from happening. */
static void about_aggregates(const struct sample_rule *rule, bool exact,
			     struct remarks *to)
{
	const struct fl_counters both = counters_both(rule->side);

	if (both.aggregates && exact)
		add(to, REMARK_AGGREGATES_EXACT, NO_EFFECT,
		    (double)both.aggregates);
	else if (both.aggregates && fl_rule_counts(&rule->rule))
		add(to, REMARK_AGGREGATES, NO_EFFECT, (double)both.aggregates);
	if (both.mixed)
		add(to, exact ? REMARK_MIXED_EXACT : REMARK_MIXED, NO_EFFECT,
		    (double)both.mixed);
}

static bool any_effect(const struct actual_rates *rates)
{
	for (int i = 0; i < FL_EFFECTS; i++)
		if (rates->has_effect[i])
			return true;
	return false;
}

void remarks_make(const struct sample_rule *rule, bool exact,
		  const struct actual_rates *rates,
		  const struct actual_delay *delay, struct remarks *remarks)
{
	remarks->count = 0;
	if (rule->expired)
		add(remarks, REMARK_EXPIRED, NO_EFFECT, 0);
	if (rule->rule.flags & FL_RULE_DRY_RUN)
		add(remarks,
		    any_effect(rates) ? REMARK_DRY_ROWS : REMARK_DRY_RUN,
		    NO_EFFECT, 0);
	if (rates->has_loss)
		about_verdict(&rule->rule, NO_EFFECT, &rates->loss, remarks);
	for (int i = 0; i < FL_EFFECTS; i++)
		if (rates->has_effect[i])
			about_effect(&rule->rule, i, &rates->effect[i], exact,
				     remarks);
	about_aggregates(rule, exact, remarks);
	if (delay)
		about_delay(delay, remarks);
}
