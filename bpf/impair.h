/* SPDX-License-Identifier: GPL-2.0-only */
/* Flow and rule -> what happens to the packet. */
#pragma once

#include <faultline/decide.h>
#include <faultline/rng.h>

#include "flow.h"

/* Where a packet stands: its flow, its number in it, the rules in force. */
struct fl_seat {
	struct fl_flow *flow;	/* NULL: untracked */
	struct fl_flow_side *counts;	/* its direction */
	__u64 number;		/* of the packet in flow and side, from 0 */
	__u64 identity;		/* of the flow, see key_hash() */
	__u32 index;		/* of the flow */
	__u32 side;
	__u32 generation;
};

struct fl_verdict {
	__u32 reason;		/* enum fl_reason */
	__u32 count;		/* id of the counters to use */
	__u32 would_drop;
};

/* The rule for a packet, and its number among those the rule handled. */
struct fl_choice {
	const struct fl_action *action;	/* NULL: unmatched */
	__u32 id;
	__u32 number;
};

/* By the long way: no cache, and numbers shared where there is no slot. */
FL_INLINE void impair_choose_slow(const struct fl_seat *seat,
				  const struct fl_parsed *packet,
				  struct fl_choice *choice)
{
	__u32 half_side = (seat->generation & 1) << 1 | seat->side;
	__u32 cand = match_packet(half_side, packet, seat->number,
				  seat->identity);

	if (cand == FL_CAND_NONE)
		return;
	choice->id = cand & FL_ID_MASK;
	choice->action = map_action(choice->id);
	choice->number = (__u32)seat->number & 0x7fffffff;
}

/*
 * The flow's candidates. When the slot has just gone to another flow, its
 * candidates are not ours: FL_CAND_MORE sends us the long way.
 */
FL_INLINE __u64 impair_cands(const struct fl_seat *seat,
			     const struct fl_key *key,
			     const struct fl_parsed *packet)
{
	__u32 generation = *(volatile __u32 *)&seat->flow->generation;
	__u64 cands = *(volatile fl_word *)seat->counts->cand;

	if (fl_unlikely(generation != seat->generation))
		cands = flow_classify(seat->index, packet, seat->side,
				      seat->generation, seat->identity);
	if (fl_unlikely(*(volatile __u64 *)&seat->flow->tuple != key->tuple ||
			*(volatile __u64 *)&seat->flow->w0 != key->w0))
		return FL_CAND_MORE;
	return cands;
}

/* The packet's number in the rule that is the @slot-th numbered candidate. */
FL_INLINE __u32 impair_number(const struct fl_seat *seat,
			      const struct fl_action *action, __u32 slot)
{
	if (slot == 0)
		return flow_number(&seat->counts->state[0], action->wrap_at);
	if (slot == 1)
		return flow_number(&seat->counts->state[1], action->wrap_at);
	return seat->number & 0x7fffffff;
}

FL_INLINE void impair_choose(const struct fl_seat *seat,
			     const struct fl_key *key,
			     const struct fl_parsed *packet,
			     struct fl_choice *choice)
{
	__u64 cands;
	__u32 slot = 0;

	choice->action = 0;
	choice->id = FL_COUNT_UNMATCHED;
	choice->number = 0;
	if (fl_unlikely(!seat->flow)) {
		impair_choose_slow(seat, packet, choice);
		return;
	}
	cands = impair_cands(seat, key, packet);
	for (__u32 i = 0; i < FL_CANDS; i++, cands >>= 16) {
		__u32 cand = cands & 0xffff;
		const struct fl_action *action;

		if (cand == FL_CAND_NONE)
			return;
		if (fl_unlikely(cand == FL_CAND_MORE)) {
			impair_choose_slow(seat, packet, choice);
			return;
		}
		action = map_action(cand & FL_ID_MASK);
		if (!action)
			return;
		if (fl_unlikely(match_expired(action))) {
			/* Next time the flow is classified without it. */
			__sync_val_compare_and_swap(&seat->flow->generation,
						    seat->generation,
						    FL_GEN_STALE);
			impair_choose_slow(seat, packet, choice);
			return;
		}
		if (match_conditions(action, packet, seat->number)) {
			choice->action = action;
			choice->id = cand & FL_ID_MASK;
			if (cand & FL_CAND_NUMBERED)
				choice->number =
					impair_number(seat, action, slot);
			return;
		}
		slot += cand >> 15;
	}
}

FL_INLINE __u32 impair_apply(const struct fl_action *action,
			     const struct fl_seat *seat, __u32 number)
{
	struct fl_impair_in in = {
		.draw = fl_draw(action->seed, seat->identity, seat->number),
		.number = number,
	};

	for (__u32 i = 0; i < FL_IMPAIRS_MAX; i++) {
		__u32 reason;

		if (i >= action->impair_count)
			break;
		reason = fl_decide(&action->impairs[i], &in);
		if (reason != FL_REASON_PASSED)
			return reason;
	}
	return FL_REASON_PASSED;
}

FL_INLINE void impair_packet(const struct fl_seat *seat,
			     const struct fl_key *key,
			     const struct fl_parsed *packet,
			     struct fl_verdict *verdict)
{
	struct fl_choice choice;

	verdict->reason = FL_REASON_PASSED;
	verdict->would_drop = 0;
	impair_choose(seat, key, packet, &choice);
	verdict->count = choice.id;
	if (!choice.action || choice.action->flags & FL_ACT_EXEMPT)
		return;
	verdict->reason = impair_apply(choice.action, seat, choice.number);
	if (fl_unlikely(choice.action->flags & FL_ACT_DRY_RUN)) {
		verdict->would_drop = verdict->reason != FL_REASON_PASSED;
		verdict->reason = FL_REASON_PASSED;
	}
}
