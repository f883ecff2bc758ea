/* SPDX-License-Identifier: GPL-2.0-only */
/* Flow and rule -> what happens to the packet. */
#pragma once

#include <faultline/decide.h>
#include <faultline/rng.h>

#include "netem.h"
#include "seat.h"

struct fl_verdict {
	__u64 draw;  /* the rule's, for this packet */
	__u64 fate;  /* see fate.h */
	__u64 dry;   /* the fate that dry-run has averted */
	__u32 count; /* id of the counters to use */
};

#define FL_SLOT_NONE FL_STATES

/* The rule for a packet, and what it keeps of this flow. */
struct fl_choice {
	const struct fl_action *action; /* NULL: unmatched */
	__u32 handle, id;
	__u32 number; /* of the packet among those of the rule */
	__u32 slot;   /* of the state, or FL_SLOT_NONE */
};

FL_INLINE void impair_take(__u32 cand, struct fl_choice *choice)
{
	choice->handle = cand & FL_HANDLE_MASK;
	choice->action = map_action(choice->handle);
	choice->id = choice->action->id;
}

/* By the long way: no cache, and numbers shared where there is no slot. */
FL_INLINE void impair_choose_slow(const struct fl_seat *seat,
				  const struct fl_key *key,
				  const struct fl_parsed *packet,
				  struct fl_choice *choice)
{
	__u32 cand = match_packet(seat->side, packet, seat->place.number,
				  key_identity(key));

	if (cand == FL_CAND_NONE)
		return;
	impair_take(cand, choice);
	choice->number = (__u32)seat->place.number & 0x7fffffff;
}

/*
 * The flow's candidates. When the slot has just gone to another flow, its
 * candidates are not ours: FL_CAND_MORE sends us the long way.
 */
FL_INLINE __u64 impair_cands(const struct fl_seat *seat,
			     const struct fl_key *key,
			     const struct fl_parsed *packet)
{
	__u32 generation =
		FL_WORD_GENERATION(*(volatile __u32 *)&seat->flow->word);
	__u64 cands = *(volatile fl_word *)seat->counts->cand;

	if (fl_unlikely(generation != seat->generation))
		cands = flow_classify(seat->place.index, packet, seat->side,
				      key);
	if (fl_unlikely(fl_flow_plain(*(volatile __u64 *)&seat->flow->tuple) !=
				key->tuple ||
			*(volatile __u64 *)&seat->flow->w0 != key->w0))
		return FL_CAND_MORE;
	return cands;
}

/* What the rule that is the @slot-th numbered candidate keeps: a number, or
 * the state of a chain. */
FL_INLINE void impair_keep(const struct fl_seat *seat,
			   const struct fl_action *action, __u32 slot,
			   struct fl_choice *choice)
{
	__u32 *state = slot ? &seat->counts->state[1] : &seat->counts->state[0];
	const struct fl_detail *detail = map_detail(action->id);

	if (fl_unlikely(slot >= FL_STATES || !detail))
		choice->number = seat->place.number & 0x7fffffff;
	else if (fl_unlikely(action->flags & FL_ACT_CHAIN))
		choice->slot = slot;
	else
		choice->number = flow_number(state, detail->wrap_at);
}

#define IMPAIR_NOBODY (~0ull) /* FL_CAND_NONE as often as there is room */

/* Among @cands. False: the long way is to be gone, from the beginning. *@mixed:
 * those for which an aggregate was FL_MIXED, the last one lowest. */
FL_INLINE int impair_choose_of(const struct fl_seat *seat, __u64 cands,
			       const struct fl_parsed *packet,
			       struct fl_choice *choice, __u64 *mixed)
{
	__u32 slot = 0;

	for (__u32 i = 0; i < FL_CANDS; i++, cands >>= 16) {
		__u32 cand = cands & 0xffff;
		const struct fl_action *action;
		int verdict;

		if (cand == FL_CAND_NONE)
			return 1;
		if (fl_unlikely(cand == FL_CAND_MORE))
			return 0;
		action = map_action(cand & FL_HANDLE_MASK);
		if (!action)
			return 1;
		if (fl_unlikely(match_expired(action))) {
			/* Next time the flow is classified without it. */
			flow_forget(seat->flow, seat->generation);
			return 0;
		}
		verdict = match_conditions(action, packet, seat->place.number);
		if (fl_unlikely(verdict & FL_MIXED))
			*mixed = *mixed << 16 | cand;
		if (verdict & FL_MEETS) {
			impair_take(cand, choice);
			if (cand & FL_CAND_NUMBERED)
				impair_keep(seat, action, slot, choice);
			return 1;
		}
		slot += cand >> 15;
	}
	return 1;
}

FL_GLOBAL int impair_count_mixed(__u64 mixed, __u32 side)
{
	for (__u32 i = 0; i < FL_CANDS; i++, mixed >>= 16)
		if ((mixed & 0xffff) != FL_CAND_NONE)
			match_count_mixed(mixed & 0xffff, side);
	return 0;
}

FL_INLINE void impair_choose(const struct fl_seat *seat,
			     const struct fl_key *key,
			     const struct fl_parsed *packet,
			     struct fl_choice *choice)
{
	__u64 mixed = IMPAIR_NOBODY;

	choice->action = 0;
	choice->id = FL_ID_UNMATCHED;
	choice->number = 0;
	choice->slot = FL_SLOT_NONE;
	if (fl_unlikely(!seat->flow) ||
	    !impair_choose_of(seat, impair_cands(seat, key, packet), packet,
			      choice, &mixed))
		impair_choose_slow(seat, key, packet, choice);
	else if (fl_unlikely(mixed != IMPAIR_NOBODY))
		impair_count_mixed(mixed, seat->side);
}

FL_INLINE void impair_trace(const struct fl_impair *impair,
			    struct fl_impair_in *in)
{
	__u32 length = impair->u.trace.length, at;

	if (!length)
		return;
	at = in->number % length;
	in->traced = map_trace(impair->u.trace.first + at / 64) >> (at & 63) &
		     1;
}

/* A step of a chain. Another CPU may move it meanwhile: then false. */
FL_INLINE int impair_step_chain(__u32 *word, const struct fl_impair *kept,
				const struct fl_impair_in *in, __u64 *fate)
{
	__u32 was = *(volatile __u32 *)word, state = was;

	*fate = FL_OPAQUE(fl_decide_chain(kept, in, &state));
	return state == was ||
	       __sync_val_compare_and_swap(word, was, state) == was;
}

/* A chain to be moved. */
struct impair_walk {
	__u32 *word; /* its state */
	const struct fl_impair *kept;
	const struct fl_impair_in *in;
	__u64 fate;
};

static long impair_try(__u32 i, struct impair_walk *walk)
{
	(void)i;
	return impair_step_chain(walk->word, walk->kept, walk->in, &walk->fate);
}

FL_INLINE __u64 impair_chain(__u32 *word, const struct fl_impair *kept,
			     const struct fl_impair_in *in)
{
	struct impair_walk walk = {
		.word = word,
		.kept = kept,
		.in = in,
		.fate = FL_REASON_PASSED,
	};

	fl_repeat(4, impair_try, &walk);
	return walk.fate;
}

/*
 * State that all flows of the rule share: numbers the packet, draws for it,
 * and moves the chain if there is one. Returns what the chain decided.
 */
FL_INLINE __u64 impair_shared(const struct fl_action *action, __u32 wrap_at,
			      const struct fl_impair *kept,
			      struct fl_impair_in *in)
{
	const __u64 last = 1ull << 31;
	struct fl_chain *chain = map_chain(action->id);
	__u64 packet;

	if (!chain)
		return FL_REASON_PASSED;
	packet = __sync_fetch_and_add(&chain->packets, 1);
	/* It draws for itself; for others in the rule the flow's draw is
	 * there. */
	if (kept->kind == FL_IMPAIR_LOSS_NETEM)
		return netem_fate(chain, action->id, packet);
	in->draw = fl_draw(action->seed, 0, packet);
	if (action->flags & FL_ACT_CHAIN)
		return impair_chain(&chain->state[0], kept, in);
	in->number = (__u32)(wrap_at	   ? packet % wrap_at :
			     packet < last ? packet :
					     last);
	return FL_REASON_PASSED;
}

/* Sums only after the checks: else the verifier meets them before. */
FL_INLINE __u32 *impair_state(const struct fl_turn *turn)
{
	struct fl_flow_more *more = map_flow_more(turn->index);

	if (!more)
		return 0;
	FL_FORGET(more);
	if (turn->side == FL_IN)
		return turn->slot == 1 ? &more->in.state[1] :
					 &more->in.state[0];
	return turn->slot == 1 ? &more->out.state[1] : &more->out.state[0];
}

/* What the impairment that keeps something decided, if any does. */
FL_INLINE __u64 impair_kept(struct fl_turn *turn,
			    const struct fl_action *action,
			    const struct fl_detail *detail)
{
	const struct fl_impair *kept = &detail->impairs[0];
	__u32 at = detail->kept_at;
	__u32 *state;

	if (at < FL_DECISIONS_MAX)
		kept = &detail->impairs[at];
	if (action->flags & FL_ACT_CHAIN && !(action->flags & FL_ACT_SCOPE) &&
	    turn->slot < FL_STATES) {
		state = impair_state(turn);
		if (state)
			return impair_chain(state, kept, &turn->in);
	}
	/* A flow without a slot has no chain but the rule's. */
	if (action->flags & (FL_ACT_SCOPE | FL_ACT_CHAIN))
		return impair_shared(action, detail->wrap_at, kept, &turn->in);
	return FL_REASON_PASSED;
}

/* What the @at-th impairment of the rule says; chains go another way. */
FL_GLOBAL __u64 impair_step(struct fl_turn *turn, __u32 at)
{
	const struct fl_detail *detail;

	if (!turn || at >= FL_DECISIONS_MAX)
		return FL_REASON_PASSED;
	detail = map_detail(turn->id);
	if (!detail)
		return FL_REASON_PASSED;
	if (detail->impairs[at].kind == FL_IMPAIR_LOSS_TRACE)
		impair_trace(&detail->impairs[at], &turn->in);
	return fl_decide_unchained(&detail->impairs[at], &turn->in);
}

/* The way through the impairments of a rule. */
struct impair_round {
	struct fl_turn *turn;
	const struct fl_detail *detail;
	__u64 kept;	/* what the impairment that keeps something decided */
	__u32 chain_at; /* which impairment that is, if it has a chain */
};

/* Not 0 when the packet's way ends. */
static long impair_next(__u32 at, struct impair_round *round)
{
	__u64 more = round->kept;

	if (at >= round->detail->impair_count)
		return 1;
	if (at != round->chain_at)
		more = impair_step(round->turn, at);
	/* Not in the round: before 6.6 the verifier takes a callback's first
	 * call for all of them, and what was on the stack then for constant. */
	round->turn->fate = fl_fate_join(round->turn->fate, more);
	return (round->turn->fate & FL_FATE_REASON) != FL_REASON_PASSED;
}

/* All impairments of a rule, in order, until one ends it. */
FL_GLOBAL __u64 impair_full(struct fl_turn *turn)
{
	struct impair_round round = {
		.turn = turn,
		.chain_at = FL_DECISIONS_MAX,
	};
	const struct fl_action *action;

	if (!turn)
		return FL_REASON_PASSED;
	action = map_action(turn->handle);
	round.detail = map_detail(turn->id);
	if (!action || !round.detail)
		return FL_REASON_PASSED;
	if (action->flags & FL_ACT_CHAIN)
		round.chain_at = round.detail->kept_at;
	round.kept = impair_kept(turn, action, round.detail);
	turn->fate = FL_REASON_PASSED;
	fl_repeat(FL_DECISIONS_MAX, impair_next, &round);
	return turn->fate;
}

/* Whether RFC 1122, 4443 and 9293 let the packet be answered. */
FL_INLINE __u32 impair_answerable(const struct fl_parsed *packet)
{
	const __u8 rst = 4;

	if (packet->flags & (FL_PARSED_FRAGMENT | FL_PARSED_ERROR) ||
	    (packet->proto == IPPROTO_TCP && packet->tcp_flags & rst))
		return 0;
	/* Addresses are as in the packet: the first byte is the low one. */
	if (packet->flags & FL_PARSED_V6)
		return (__u8)packet->dst_high != 0xff &&
		       (__u8)packet->src_high != 0xff &&
		       (packet->src_high | packet->src_low);
	return (__u8)packet->dst_low < 224 && (__u8)packet->src_low &&
	       (__u8)packet->src_low < 224;
}

FL_INLINE __u64 impair_plain(const struct fl_impair *impair,
			     struct fl_impair_in *in)
{
	if (fl_unlikely(impair->kind == FL_IMPAIR_LOSS_TRACE))
		impair_trace(impair, in);
	return fl_decide_plain(impair, in);
}

/* One impairment that keeps something: most of them need no call. */
FL_INLINE int impair_sole(const struct fl_seat *seat,
			  const struct fl_choice *choice,
			  const struct fl_detail *detail,
			  struct fl_impair_in *in, __u64 *fate)
{
	const struct fl_action *action = choice->action;
	const struct fl_impair *first = &detail->impairs[0];

	if (action->flags & FL_ACT_SCOPE) {
		*fate = impair_shared(action, detail->wrap_at, first, in);
		if (!(action->flags & FL_ACT_CHAIN))
			*fate = impair_plain(first, in);
		return 1;
	}
	return choice->slot < FL_STATES && seat->counts &&
	       impair_step_chain(choice->slot ? &seat->counts->state[1] :
						&seat->counts->state[0],
				 first, in, fate);
}

/* What is neither plain nor sole, or needs the whole packet. */
FL_INLINE __u64 impair_long(const struct fl_seat *seat,
			    const struct fl_parsed *packet,
			    const struct fl_choice *choice,
			    const struct fl_impair_in *in)
{
	struct fl_turn *turn = map_turn();

	if (!turn)
		return FL_REASON_PASSED;
	turn->in = *in;
	turn->in.ecn = packet->tos & 3;
	turn->in.answerable = (__u8)impair_answerable(packet);
	turn->handle = choice->handle;
	turn->id = choice->id;
	turn->index = seat->place.index;
	turn->side = seat->side;
	turn->slot = choice->slot;
	return impair_full(turn);
}

FL_INLINE __u64 impair_apply(const struct fl_seat *seat,
			     const struct fl_key *key,
			     const struct fl_parsed *packet,
			     const struct fl_choice *choice, __u64 *draw)
{
	const struct fl_action *action = choice->action;
	const struct fl_detail *detail = map_detail(choice->id);
	struct fl_impair_in in = {
		.draw = fl_draw(action->seed, key_identity(key),
				seat->place.number),
		.number = choice->number,
	};
	__u64 fate = FL_REASON_PASSED;

	if (!detail)
		return fate;
	if (fl_likely(action->flags & FL_ACT_PLAIN))
		fate = impair_plain(&detail->impairs[0], &in);
	else if (detail->impair_count &&
		 (!(action->flags & FL_ACT_SOLE) ||
		  !impair_sole(seat, choice, detail, &in, &fate)))
		fate = impair_long(seat, packet, choice, &in);
	*draw = in.draw;
	if (fl_unlikely(action->flags & FL_ACT_HOLD) &&
	    (fate & FL_FATE_REASON) == FL_REASON_PASSED)
		fate |= FL_FATE(HOLD);
	return fate;
}

FL_INLINE void impair_packet(const struct fl_seat *seat,
			     const struct fl_key *key,
			     const struct fl_parsed *packet,
			     struct fl_verdict *verdict)
{
	struct fl_choice choice;

	verdict->fate = FL_REASON_PASSED;
	verdict->draw = 0;
	verdict->dry = 0;
	impair_choose(seat, key, packet, &choice);
	/* Else the verifier follows each way that led here on its own. */
	choice.number = FL_OPAQUE(choice.number);
	choice.slot = FL_OPAQUE(choice.slot);
	verdict->count = choice.id;
	if (!choice.action || choice.action->flags & FL_ACT_EXEMPT)
		return;
	verdict->fate = impair_apply(seat, key, packet, &choice,
				     &verdict->draw);
	if (fl_unlikely(choice.action->flags & FL_ACT_DRY_RUN)) {
		verdict->dry = verdict->fate;
		verdict->fate = FL_REASON_PASSED;
	}
}
