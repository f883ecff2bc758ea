/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who counts a flow's packets of one direction: their owner, one CPU, by plain
 * stores in the hot part; or, where there is no owner, everybody, by atomic
 * adds in the cold part. Either gives each number to one packet only.
 *
 * An owner says in its fl_run which set it counts in before it looks whether
 * the flow is still its own, and takes that back after its last store. Who
 * wants to end the ownership takes the owner's name out of the tuple, under the
 * slot's lock, and then waits until the owner cannot be counting any more. No
 * fence is needed where the owner counts, because whoever waits gives the
 * owner's CPU RUN_SETTLE_NS to drain its store buffer: after that time either
 * the announcement can be seen, or the owner will see that the name has gone. A
 * CPU that is stopped in between (a virtual one may be) still shows its
 * announcement; then the flow stays as it was. That time is a wide margin, but
 * no law: a CPU whose stores hang in a slow bus for longer could lose a count.
 *
 * Programs do not nest on one CPU: XDP and tc run with softirqs disabled.
 */
#pragma once

#include "key.h"
#include "maps.h"

#define RUN_TRIES 16
#define OWNER_TICKS 500 /* 2 s at 250 Hz: between changes of an owner */

FL_INLINE __u32 owner_set(__u32 index)
{
	return index / FL_FLOW_WAYS + 1;
}

/* This CPU's name as an owner, or 0. */
FL_INLINE __u32 owner_self(void)
{
	const struct fl_run *run = map_run();

	return run ? run->owner : 0;
}

/* The cold part of @side. */
FL_INLINE struct fl_flow_side *flow_side(__u32 index, __u32 side)
{
	struct fl_flow_more *more = map_flow_more(index);

	if (!more)
		return 0;
	/* Sums only after the check: else the verifier meets them before. */
	FL_FORGET(more);
	return side == FL_IN ? &more->in : &more->out;
}

/* @flow: the incoming part, also where the outgoing one is to be written. */
FL_INLINE int flow_lock(struct fl_flow *flow, __u32 *was)
{
	*was = *(volatile __u32 *)&flow->word;
	return FL_WORD_GENERATION(*was) != FL_GEN_BUSY &&
	       __sync_val_compare_and_swap(&flow->word, *was,
					   FL_WORD(FL_GEN_BUSY, *was)) == *was;
}

/* After all that was written before. */
FL_INLINE void flow_set_word(struct fl_flow *flow, __u32 word)
{
	__sync_lock_test_and_set(&flow->word, word);
}

FL_INLINE void flow_unlock(struct fl_flow *flow, __u32 word)
{
	flow_set_word(flow, word);
}

/* Whether @owner, whose name has been taken out of the tuple at @index, can
 * not be counting there any more. */
FL_GLOBAL int owner_is_out(__u32 owner, __u32 index)
{
	const struct fl_run *run;

	if (!owner || owner == owner_self())
		return 1;
	run = map_run_of(owner - 1);
	if (!run)
		return 0;
	for (__u32 i = 0; i < RUN_TRIES; i++) {
		run_settle();
		if (*(volatile const __u32 *)&run->set != owner_set(index))
			return 1;
	}
	return 0;
}

/* Readers look again when they saw counts on their way. */
FL_INLINE void owner_moves(struct fl_flow_side *more)
{
	__sync_fetch_and_add(&more->sequence, 1);
}

/* The counts of @tuple's owner, which is out, into the cold part. Locked. */
FL_INLINE void owner_settle(struct fl_flow *flow, struct fl_flow_side *more,
			    __u64 tuple)
{
	__u64 hot;

	owner_moves(more);
	hot = __sync_lock_test_and_set(&flow->counts, 0);
	__sync_fetch_and_add(&more->packets,
			     fl_flow_numbered(tuple, hot) - FL_OWNED);
	__sync_fetch_and_add(&more->dropped,
			     hot % FL_HOT_BYTE / FL_HOT_DROPPED);
	__sync_fetch_and_add(&more->bytes, hot / FL_HOT_BYTE);
	owner_moves(more);
}

/* Makes @self the owner of what has none. Locked. */
FL_INLINE void owner_adopt(struct fl_flow *flow, struct fl_flow_side *more,
			   __u32 self)
{
	__u64 packets, tuple = flow->tuple;

	if (*(volatile __u64 *)&more->packets >= FL_OWNED_MAX)
		return;
	owner_moves(more);
	packets = __sync_lock_test_and_set(&more->packets, FL_OWNED);
	flow->counts = packets % FL_EPOCH_PACKETS;
	tuple |= packets / FL_EPOCH_PACKETS << FL_TUPLE_EPOCH_SHIFT | self;
	__sync_lock_test_and_set(&flow->tuple, tuple);
	owner_moves(more);
}

/* Whether the tuple may have an owner at all. */
FL_INLINE int owner_allowed(__u64 tuple)
{
	return !(tuple & FL_TUPLE_TAGGED);
}

/* Ticks since the owner changed, or since only one CPU has been counting. */
FL_INLINE __u32 owner_age(const struct fl_flow_side *more, __u32 now)
{
	return (__u16)(now - *(volatile const __u16 *)&more->since);
}

/*
 * What another CPU owns: ours from here on, or, when its owner changed not long
 * ago, nobody's, because then two CPUs use it. Not 0: the owner does not come
 * out, and keeps it.
 */
FL_GLOBAL int owner_revoke(__u32 index, __u32 side)
{
	struct fl_flow_side *more = flow_side(index, side);
	struct fl_flow *flow = map_flow_of(index, side);
	struct fl_flow *lock = map_flow(index);
	__u32 now = clock_ticks(), self = owner_self(), was, owner;
	int stays = 0;
	__u64 tuple;

	if (!flow || !more || !lock || !flow_lock(lock, &was))
		return 0;
	tuple = *(volatile __u64 *)&flow->tuple;
	owner = fl_flow_owner(tuple);
	if (owner && owner != self) {
		__sync_lock_test_and_set(&flow->tuple, fl_flow_plain(tuple));
		if (owner_is_out(owner, index)) {
			owner_settle(flow, more, tuple);
			if (self && owner_age(more, now) >= OWNER_TICKS)
				owner_adopt(flow, more, self);
			more->user = (__u16)self;
			more->since = (__u16)now;
		} else {
			__sync_lock_test_and_set(&flow->tuple, tuple);
			stays = 1;
		}
	}
	flow_unlock(lock, was);
	return stays;
}

/* What has no owner, and only this CPU has used for a while. */
FL_GLOBAL int owner_claim(__u32 index, __u32 side, const struct fl_key *key)
{
	struct fl_flow_side *more = flow_side(index, side);
	struct fl_flow *flow = map_flow_of(index, side);
	struct fl_flow *lock = map_flow(index);
	__u32 self = owner_self(), was;
	__u64 tuple;

	if (!flow || !more || !lock || !key || !self || !flow_lock(lock, &was))
		return 0;
	tuple = *(volatile __u64 *)&flow->tuple;
	if (tuple == key->tuple && flow->w0 == key->w0) {
		owner_adopt(flow, more, self);
		more->since = (__u16)clock_ticks();
	}
	flow_unlock(lock, was);
	return 0;
}

/*
 * The packets have made the top bit of their field: the epoch takes it over.
 * When that is full too, the flow goes on without owner. Where somebody has the
 * lock, the next packet tries again: there is room for 2^30 of them.
 */
FL_INLINE void owner_epoch(struct fl_flow *lock, struct fl_flow *flow,
			   struct fl_flow_side *more)
{
	__u64 tuple;
	__u32 was;

	if (!flow_lock(lock, &was))
		return;
	tuple = *(volatile __u64 *)&flow->tuple;
	owner_moves(more);
	if ((tuple & FL_TUPLE_EPOCH) != FL_TUPLE_EPOCH) {
		*(volatile __u64 *)&flow->counts -= FL_EPOCH_PACKETS;
		__sync_lock_test_and_set(&flow->tuple,
					 tuple + (1u << FL_TUPLE_EPOCH_SHIFT));
		owner_moves(more);
	} else {
		__sync_lock_test_and_set(&flow->tuple, fl_flow_plain(tuple));
		owner_moves(more);
		owner_settle(flow, more, tuple);
	}
	flow_unlock(lock, was);
}

/* Stores the owner's counts, which have made the top bit of a field. */
FL_INLINE void owner_spill(struct fl_flow *flow, __u32 index, __u32 side,
			   __u64 hot)
{
	struct fl_flow_side *more = flow_side(index, side);
	struct fl_flow *lock = map_flow(index);

	if (!more || !lock)
		return;
	if (hot & (FL_HOT_SPILL & ~FL_EPOCH_PACKETS)) {
		owner_moves(more);
		__sync_fetch_and_add(&more->dropped,
				     hot % FL_HOT_BYTE / FL_HOT_DROPPED);
		__sync_fetch_and_add(&more->bytes, hot / FL_HOT_BYTE);
		hot &= FL_HOT_PACKETS;
		*(volatile __u64 *)&flow->counts = hot;
		owner_moves(more);
	} else {
		*(volatile __u64 *)&flow->counts = hot;
	}
	if (hot & FL_EPOCH_PACKETS)
		owner_epoch(lock, flow, more);
}

/* Counts a packet of @bytes, @dropped or not, into the owner's @hot.
 * Announced. */
FL_INLINE void owner_count(struct fl_flow *flow, __u32 index, __u32 side,
			   __u64 hot, __u32 bytes, __u32 dropped)
{
	hot += FL_HOT_PACKET + bytes * FL_HOT_BYTE;
	if (dropped)
		hot += FL_HOT_DROPPED;
	if (fl_likely(!(hot & FL_HOT_SPILL)))
		*(volatile __u64 *)&flow->counts = hot;
	else
		owner_spill(flow, index, side, hot);
}
