/* SPDX-License-Identifier: GPL-2.0-only */
#include "realised.h"

#include "interval.h"

__u64 realised_dropped(const struct fl_counters *counters)
{
	return counters->reason[FL_REASON_DROPPED] +
	       counters->reason[FL_REASON_FAILED];
}

static double pattern_rate(const union fl_params *u)
{
	__u32 ones = 0;

	for (__u32 i = 0; i < u->pattern.length && i < FL_PATTERN_BITS; i++)
		ones += (__u32)(u->pattern.bits[i / 64] >> i % 64) & 1;
	return u->pattern.length ? (double)ones / u->pattern.length : 0;
}

/* The rate that @impair stands for; false when it loses nothing. */
static bool asked_rate(const struct fl_impair *impair, struct realised *r)
{
	switch (impair->kind) {
	case FL_IMPAIR_LOSS:
		r->has_asked = true;
		r->has_interval = true;
		r->asked = (double)impair->u.loss.probability_u32 / FL_P_ONE;
		return true;
	case FL_IMPAIR_LOSS_NTH:
		r->has_asked = impair->u.nth.period;
		if (r->has_asked)
			r->asked = 1.0 / impair->u.nth.period;
		return true;
	case FL_IMPAIR_LOSS_PATTERN:
		r->has_asked = true;
		r->asked = pattern_rate(&impair->u);
		return true;
	case FL_IMPAIR_LOSS_FIRST:
		return true;
	case FL_IMPAIR_BLACKHOLE:
	case FL_IMPAIR_FAIL:
		r->has_asked = true;
		r->asked = 1;
		return true;
	}
	return false;
}

static enum realised_verdict judge(const struct realised *r)
{
	if (!r->has_interval || !r->packets)
		return REALISED_UNJUDGED;
	/* Never and always can be told from any number of packets. */
	if (r->asked > 0 && r->asked < 1 &&
	    (double)r->packets * r->asked < REALISED_HITS_MIN)
		return REALISED_TOO_FEW;
	return r->asked < r->low || r->asked > r->high ? REALISED_OUTSIDE :
							 REALISED_INSIDE;
}

bool realised_loss(const struct sample_rule *rule, struct realised *realised)
{
	struct realised r = { 0 };
	bool found = false;

	for (__u32 i = 0; i < rule->rule.impair_count && !found; i++)
		found = asked_rate(&rule->rule.impairs[i], &r);
	if (!found)
		return false;
	for (int side = 0; side < FL_SIDES; side++) {
		const struct fl_counters *counters = &rule->side[side];

		r.packets += counters->packets;
		r.lost += rule->rule.flags & FL_RULE_DRY_RUN ?
				  counters->would_drop :
				  realised_dropped(counters);
	}
	if (r.packets)
		r.rate = (double)r.lost / (double)r.packets;
	if (r.has_interval)
		interval_wilson(r.lost, r.packets, &r.low, &r.high);
	r.verdict = judge(&r);
	*realised = r;
	return true;
}
