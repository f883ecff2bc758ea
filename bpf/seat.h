/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key -> seat: the packet's flow, in which it is counted, and its number there,
 * which no other packet of the flow and direction has.
 *
 * From seat_take() to seat_leave() this CPU is announced in the flow's set (see
 * bpf/owner.h): the flow stays where it is, and nothing in between may wait for
 * another CPU.
 */
#pragma once

#include "flow.h"

#define SEAT_NO_NUMBER (~0ull)
#define SEAT_FRESH 4 /* packets of one CPU alone, and the flow is its own */
#define SEAT_SWAPS 8 /* while other CPUs count in the same flow */
#define SEAT_AGAIN (-1)
#define SEAT_TRIES 64 /* while others write in the set, or the owner changes */
#define SEAT_SPINS 4  /* of them at once, the others at leisure */

struct fl_place {
	__u64 number; /* of the packet in flow and side, from 0 */
	__u32 index;  /* of the flow */
	__u32 pad;
};

/* Where a packet stands: its flow, its number in it, the rules in force. */
struct fl_seat {
	struct fl_flow *flow;	     /* NULL: untracked */
	struct fl_flow_side *counts; /* its direction */
	struct fl_place place;
	__u32 side;
	__u32 generation;
};

/* For what had no owner. It may have one by now, or is about to have none: then
 * nothing must be added, not even to be taken back. */
FL_INLINE __u64 seat_count_shared(struct fl_flow_side *side, __u32 bytes)
{
	for (__u32 i = 0; i < SEAT_SWAPS; i++) {
		__u64 number = *(volatile __u64 *)&side->packets;

		if (fl_unlikely(number & FL_OWNED))
			break;
		if (__sync_val_compare_and_swap(&side->packets, number,
						number + 1) != number)
			continue;
		__sync_fetch_and_add(&side->bytes, bytes);
		return number;
	}
	return SEAT_NO_NUMBER;
}

FL_INLINE __u64 seat_count_owned(struct fl_flow *flow, __u32 index, __u32 side,
				 __u64 tuple, __u32 bytes)
{
	__u64 hot = *(volatile __u64 *)&flow->counts;
	__u64 number = fl_flow_numbered(tuple, hot);

	owner_count(flow, index, side, hot, bytes, 0);
	return number;
}

/* Announces this CPU, and counts the packet if the slot at @index is the flow's
 * and no other CPU owns it. Else does nothing, and returns SEAT_NO_NUMBER. */
FL_GLOBAL __u64 seat_enter(__u32 index, const struct fl_key *key, __u32 side,
			   __u32 bytes)
{
	struct fl_flow_side *more = flow_side(index, side);
	struct fl_flow *flow = map_flow_of(index, side);
	__u64 number = SEAT_NO_NUMBER, tuple;
	struct fl_run *run = map_run();
	__u32 owner;

	if (!flow || !more || !key || !run)
		return SEAT_NO_NUMBER;
	run_enter(run, owner_set(index));
	tuple = *(volatile __u64 *)&flow->tuple;
	owner = fl_flow_owner(tuple);
	if (flow_is(flow, index, key)) {
		flow->seen = clock_ticks();
		if (!owner)
			number = seat_count_shared(more, bytes);
		else if (owner == run->owner)
			number = seat_count_owned(flow, index, side, tuple,
						  bytes);
	}
	if (number == SEAT_NO_NUMBER)
		run_leave(run);
	return number;
}

/* Whether what nobody is the owner of should be this CPU's. Not where each
 * packet walks through the rules, during which an owner stays announced. */
FL_INLINE int seat_wants(struct fl_flow_side *more, __u32 self, __u32 now)
{
	__u64 packets = *(volatile __u64 *)&more->packets;

	if (packets >= FL_OWNED_MAX ||
	    *(volatile __u16 *)&more->cand[FL_CANDS - 1] == FL_CAND_MORE)
		return 0;
	if (*(volatile __u16 *)&more->user != self) {
		more->since = (__u16)now;
		more->user = (__u16)self;
		return 0;
	}
	/* Not from the first: what a flood leaves behind is cheaper to evict
	 * without an owner. */
	return (packets && packets < SEAT_FRESH) ||
	       owner_age(more, now) >= OWNER_TICKS;
}

/* Sees to it that @side of the flow at @index, of which there is a packet, has
 * either no owner or this CPU. Not 0: its owner does not come out. */
FL_GLOBAL int seat_prepare(__u32 index, __u32 side, const struct fl_key *key)
{
	struct fl_flow_side *more = flow_side(index, side);
	struct fl_flow *flow = map_flow_of(index, side);
	__u32 self = owner_self(), owner;
	__u64 tuple;

	if (!flow || !more || !key)
		return 0;
	tuple = *(volatile __u64 *)&flow->tuple;
	owner = fl_flow_owner(tuple);
	if (owner && owner != self)
		return owner_revoke(index, side);
	if (!owner && self && owner_allowed(tuple) &&
	    seat_wants(more, self, clock_ticks()))
		return owner_claim(index, side, key);
	return 0;
}

/* One try of seat_search(). A function of its own, so that the verifier does
 * not follow all outcomes of all tries. */
FL_GLOBAL int seat_try(const struct fl_key *key, __u32 side, __u32 bytes,
		       struct fl_place *place)
{
	__u32 index;

	if (!key || !place)
		return 0;
	index = flow_find(key, side, clock_ticks());
	if (index == FL_FLOW_FULL)
		return 0;
	if (index > config_slot_mask)
		return SEAT_AGAIN;
	if (seat_prepare(index, side, key))
		return 0;
	place->index = index;
	place->number = seat_enter(index, key, side, bytes);
	return place->number == SEAT_NO_NUMBER ? SEAT_AGAIN : 1;
}

/* Wherever the flow is, or a new one: 1, and its @place. */
FL_GLOBAL int seat_search(const struct fl_key *key, __u32 side, __u32 bytes,
			  struct fl_place *place)
{
	if (!key || !place)
		return 0;
	for (__u32 i = 0; i < SEAT_TRIES; i++) {
		int found = seat_try(key, side & 1, bytes, place);

		if (found != SEAT_AGAIN)
			return found;
		/* Who ends an ownership writes for microseconds. */
		if (i >= SEAT_SPINS)
			run_settle();
	}
	return 0;
}

FL_INLINE void seat_sit(struct fl_seat *seat)
{
	seat->flow = map_flow_of(seat->place.index, seat->side);
	seat->counts = seat->flow ? flow_side(seat->place.index, seat->side) :
				    0;
}

/* In the flow at home, if this CPU owns it: without a call. */
FL_INLINE int seat_home(const struct fl_key *key, __u32 side, __u32 bytes,
			struct fl_place *place)
{
	struct fl_run *run = map_run();
	struct fl_flow *flow;
	__u64 tuple;

	place->index = flow_home(key);
	flow = map_flow_of(place->index, side);
	if (!run || !run->owner || !flow)
		return 0;
	run_enter(run, owner_set(place->index));
	tuple = *(volatile __u64 *)&flow->tuple;
	if (fl_likely(fl_flow_owner(tuple) == run->owner &&
		      flow_is(flow, place->index, key))) {
		flow->seen = clock_ticks();
		place->number = seat_count_owned(flow, place->index, side,
						 tuple, bytes);
		return 1;
	}
	run_leave(run);
	return 0;
}

/* Finds or makes the flow and counts the packet into it. */
FL_INLINE void seat_take(const struct fl_key *key, __u32 bytes,
			 struct fl_seat *seat)
{
	struct fl_control *now = map_control();

	seat->generation = *(volatile __u32 *)&now->generation;
	seat->counts = 0;
	if (seat_home(key, seat->side, bytes, &seat->place) ||
	    seat_search(key, seat->side, bytes, &seat->place)) {
		seat_sit(seat);
	}
	if (fl_likely(seat->counts))
		return;
	seat->flow = 0;
	seat->place.index = FL_FLOW_NONE;
	seat->place.number = __sync_fetch_and_add(&now->untracked, 1);
}

FL_INLINE void seat_leave(void)
{
	struct fl_run *run = map_run();

	if (run)
		run_leave(run);
}
