/* SPDX-License-Identifier: GPL-2.0-only */
#include "expected.h"

#include <faultline/category.h>
#include <faultline/decide.h>

struct fl_expect expected_of(const struct fl_impair *impair)
{
	switch (impair->kind) {
#define IMPAIR(id, words, category, directions, state, path, function, help) \
	case FL_IMPAIR_##id:                                                 \
		return fl_expect_##function(&impair->u);
#include <faultline/impairs.def>
	}
	return (struct fl_expect){ .effect = FL_EFFECTS };
}

/* Two that lose have no rate of their own. */
static void plan_loss(struct plan *plan, const struct fl_expect *expect)
{
	plan->has_rate = expect->law != FL_LAW_NONE && !plan->loses;
	plan->loses = true;
	plan->told |= expect->tells;
	plan->may_be_told |= expect->may_tell;
	plan->begins_passing |= expect->begins_passing;
	if (!plan->has_rate)
		return;
	plan->by_chance = expect->law != FL_LAW_FIXED;
	plan->chain = chain_of(expect);
	plan->loss = plan->chain.rate;
	plan->asked = expect->rate < 0 ? plan->loss : expect->rate;
}

static void plan_effect(struct plan *plan, const struct fl_expect *expect)
{
	enum fl_effect effect = expect->effect;

	plan->can[effect] = true;
	plan->rated[effect] = expect->law == FL_LAW_FIXED ||
			      expect->law == FL_LAW_CHANCE;
	if (!plan->rated[effect])
		return;
	plan->effect[effect] = expect->rate;
	if (effect == FL_EFFECT_DUPLICATED)
		plan->duplicates = expect->rate > 0;
	if (effect == FL_EFFECT_REORDERED)
		plan->reorder_inflation = expect->inflation;
}

static void plan_impair(struct plan *plan, const struct fl_impair *impair)
{
	struct fl_expect expect = expected_of(impair);

	if (impair->kind == FL_IMPAIR_NONE || impair->kind >= FL_IMPAIR_KINDS)
		return;
	plan->can[FL_EFFECT_DELAYED] |= fl_is_timing(impair->kind);
	plan->mark_drops |= expect.drops_others;
	plan->queue_marks |= expect.marks;
	plan->queue_counts |= expect.counts;
	if (expect.effect == FL_EFFECTS)
		plan_loss(plan, &expect);
	else
		plan_effect(plan, &expect);
}

struct plan plan_of(const struct fl_rule *rule)
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
