/* SPDX-License-Identifier: GPL-2.0-only */
/* Flow and rule -> what happens to the packet. */
#pragma once

#include <faultline/decide.h>
#include <faultline/rng.h>

#include "choose.h"
#include "netem.h"

struct fl_verdict {
	__u64 draw;  /* the rule's, for this packet */
	__u64 fate;  /* see fate.h */
	__u64 dry;   /* the fate that dry-run has averted */
	__u32 count; /* id of the counters to use */
};

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
	choose_rule(seat, key, packet, &choice);
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
