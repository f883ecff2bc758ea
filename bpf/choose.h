/* SPDX-License-Identifier: GPL-2.0-only */
/* Seat and packet -> the rule that decides, and the packet's number in it. */
#pragma once

#include "seat.h"

#define FL_SLOT_NONE FL_STATES

/* The rule for a packet, and what it keeps of this flow. */
struct fl_choice {
	const struct fl_action *action; /* NULL: unmatched */
	__u32 handle, id;
	__u32 number; /* of the packet among those of the rule */
	__u32 slot;   /* of the state, or FL_SLOT_NONE */
};

FL_INLINE void choose_take(__u32 cand, struct fl_choice *choice)
{
	choice->handle = cand & FL_HANDLE_MASK;
	choice->action = map_action(choice->handle);
	choice->id = choice->action->id;
}

/* By the long way: no cache, and numbers shared where there is no slot. */
FL_INLINE void choose_slowly(const struct fl_seat *seat,
			     const struct fl_key *key,
			     const struct fl_parsed *packet,
			     struct fl_choice *choice)
{
	__u32 cand = match_packet(seat->side, packet, seat->place.number,
				  key_identity(key));

	if (cand == FL_CAND_NONE)
		return;
	choose_take(cand, choice);
	choice->number = (__u32)seat->place.number & 0x7fffffff;
}

/*
 * The flow's candidates. When the slot has just gone to another flow, its
 * candidates are not ours: FL_CAND_MORE sends us the long way.
 */
FL_INLINE __u64 choose_cands(const struct fl_seat *seat,
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
FL_INLINE void choose_keep(const struct fl_seat *seat,
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

#define CHOOSE_NOBODY (~0ull) /* FL_CAND_NONE as often as there is room */
#define CHOOSE_LONG 0ull      /* the long way, from the beginning */

/*
 * Among @cands. Returns those for which an aggregate was FL_MIXED, the last one
 * lowest, or CHOOSE_LONG. What a verdict is, is unknown to the verifier: else
 * it would follow each through the candidates after it.
 */
FL_INLINE __u64 choose_among(const struct fl_seat *seat, __u64 cands,
			     const struct fl_parsed *packet,
			     struct fl_choice *choice)
{
	__u64 mixed = CHOOSE_NOBODY;
	__u32 slot = 0;

	for (__u32 i = 0; i < FL_CANDS; i++, cands >>= 16) {
		__u32 cand = cands & 0xffff;
		const struct fl_action *action;
		int verdict;

		if (cand == FL_CAND_NONE)
			return mixed;
		if (fl_unlikely(cand == FL_CAND_MORE))
			return CHOOSE_LONG;
		action = map_action(cand & FL_HANDLE_MASK);
		if (!action)
			return mixed;
		if (fl_unlikely(match_expired(action))) {
			/* Next time the flow is classified without it. */
			flow_forget(seat->flow, seat->generation);
			return CHOOSE_LONG;
		}
		verdict = FL_OPAQUE(
			match_conditions(action, packet, seat->place.number));
		if (fl_unlikely(verdict & FL_MIXED))
			mixed = mixed << 16 | cand;
		if (verdict & FL_MEETS) {
			choose_take(cand, choice);
			if (cand & FL_CAND_NUMBERED)
				choose_keep(seat, action, slot, choice);
			return mixed;
		}
		slot += cand >> 15;
	}
	return mixed;
}

FL_GLOBAL int choose_count_mixed(__u64 mixed, __u32 side)
{
	for (__u32 i = 0; i < FL_CANDS; i++, mixed >>= 16)
		if ((mixed & 0xffff) != FL_CAND_NONE)
			match_count_mixed(mixed & 0xffff, side);
	return 0;
}

FL_INLINE void choose_rule(const struct fl_seat *seat, const struct fl_key *key,
			   const struct fl_parsed *packet,
			   struct fl_choice *choice)
{
	__u64 mixed = CHOOSE_LONG;

	choice->action = 0;
	choice->id = FL_ID_UNMATCHED;
	choice->number = 0;
	choice->slot = FL_SLOT_NONE;
	if (fl_likely(seat->flow))
		mixed = choose_among(seat, choose_cands(seat, key, packet),
				     packet, choice);
	/* Or clang would copy what is set only where this is neither. */
	FL_FORGET(mixed);
	if (fl_unlikely(mixed == CHOOSE_LONG))
		choose_slowly(seat, key, packet, choice);
	else if (fl_unlikely(mixed != CHOOSE_NOBODY))
		choose_count_mixed(mixed, seat->side);
}
