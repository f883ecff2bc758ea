/* SPDX-License-Identifier: GPL-2.0-only */
/* What a flow would lose with its slot: how old it is, and what rules know of
 * it. So that a flood of new flows takes what nobody misses. */
#pragma once

#include "owner.h"

#define FL_FLOW_MIN_AGE 2 /* ticks */
#define FL_FLOW_AGE_BITS 30
#define FL_FLOW_OLD ((1u << FL_FLOW_AGE_BITS) - 1) /* no matter how old */
/* Ticks by which "seen" may be in the future: another CPU has stamped it after
 * we looked at the time. */
#define FL_FLOW_AHEAD 256

/* Ticks since a packet of the side was seen. */
FL_INLINE __u32 flow_side_age(const struct fl_flow *flow, __u32 now)
{
	__u32 age = now - *(volatile const __u32 *)&flow->seen;

	return age > -(__u32)FL_FLOW_AHEAD ? 0 : age;
}

/* Ticks since a packet of the flow at @index was seen, or less than @least. */
FL_INLINE __u32 flow_age(__u32 index, __u32 now, __u32 least)
{
	const struct fl_flow *flow = map_flow(index), *out;
	__u32 age = flow ? flow_side_age(flow, now) : 0, age_out;

	if (age < least)
		return age;
	out = map_flow_of(index, FL_OUT);
	age_out = out ? flow_side_age(out, now) : 0;
	return age_out < age ? age_out : age;
}

/* Whether a rule matches the flow in one direction at least. */
FL_INLINE int flow_has_rules(__u32 in_word, __u32 out_word)
{
	return (__u16)(in_word & out_word) != FL_CAND_NONE;
}

/* What the flow loses with its slot, by both of its parts. A packet alone, as
 * a flood leaves it behind, makes no owner. */
enum fl_worth { FL_WORTH_NOTHING, FL_WORTH_RULES, FL_WORTH_NUMBERS };

FL_INLINE __u32 flow_worth(const struct fl_flow *in, const struct fl_flow *out)
{
	if (!flow_has_rules(in->word, out->word))
		return FL_WORTH_NOTHING;
	return fl_flow_owner(in->tuple) || fl_flow_owner(out->tuple) ?
		       FL_WORTH_NUMBERS :
		       FL_WORTH_RULES;
}

/* How well a slot can be given away: by the worth, then by the age; 0: not. */
FL_INLINE __u32 flow_score(__u32 worth, __u32 age)
{
	if (age < FL_FLOW_MIN_AGE)
		return 0;
	if (age > FL_FLOW_OLD)
		age = FL_FLOW_OLD;
	return FL_OPAQUE((FL_WORTH_NUMBERS + 1 - worth) << FL_FLOW_AGE_BITS |
			 age);
}

/* Of the slot at @index, or less than @least. */
FL_INLINE __u32 flow_score_of(__u32 index, __u32 now, __u32 least)
{
	const struct fl_flow *in = map_flow(index), *out;
	__u32 age, age_out;

	if (!in)
		return 0;
	age = flow_side_age(in, now);
	/* The other part cannot make it more. */
	if (flow_score(flow_worth(in, in), age) < least)
		return 0;
	out = map_flow_of(index, FL_OUT);
	if (!out)
		return 0;
	age_out = flow_side_age(out, now);
	return flow_score(flow_worth(in, out), age_out < age ? age_out : age);
}
