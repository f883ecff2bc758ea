/* SPDX-License-Identifier: GPL-2.0-only */
/* sch_fq on a device of ours holds the packets. */
#pragma once

#include "holding.h"

/* Packets in fq carry their delay in cb in such units: 1,099 s in 32 bits. */
#define FQ_DELAY_SHIFT 8

/* By constants: the verifier follows no other into "control". */
FL_INLINE __u64 *fq_held(__u32 side)
{
	return side == FL_IN ? &control.held[FL_IN] : &control.held[FL_OUT];
}

FL_INLINE __u64 *fq_last(__u32 side)
{
	return side == FL_IN ? &control.last_ns[FL_IN] :
			       &control.last_ns[FL_OUT];
}

/* One of our own is lost in a full backlog now and then, and would count for
 * ever; when all were due long ago, none can be left. */
FL_INLINE int fq_is_full(__u32 side, __u64 now)
{
	volatile __u64 *held = fq_held(side);

	if (*held && now > *fq_last(side) + HOLD_QUIET_NS)
		*held = 0;
	return *held >= config_held_max;
}

FL_INLINE void fq_count(__u32 side, __s64 change, __u64 departure_ns)
{
	__u64 *last = fq_last(side);

	__sync_fetch_and_add(fq_held(side), (__u64)change);
	if (departure_ns > *last)
		*last = departure_ns;
}

FL_INLINE __u32 fq_magic(void)
{
	return ticket_magic(1) << 8;
}

/* What fq, and fq_back(), have to know. */
FL_INLINE int fq_label(struct __sk_buff *skb, const struct hold_ask *ask)
{
	__u32 priority = skb->priority;

	if (bpf_skb_set_tstamp(skb, ask->departure_ns,
			       BPF_SKB_TSTAMP_DELIVERY_MONO))
		return 0;
	/* The low byte is fq's: the high one of the priority is in cb[4]. */
	skb->cb[2] = priority << 8;
	skb->cb[3] = (__u32)((ask->departure_ns - ask->arrival_ns) >>
			     FQ_DELAY_SHIFT);
	skb->cb[4] = fq_magic() | priority >> 24;
	/* Before 6.7 fq lets "control" go at once. */
	if ((priority & 15) == 7)
		skb->priority = 6;
	bpf_set_hash(skb,
		     ask->id << HOLD_KEY_BITS | (ask->key & HOLD_KEY_MASK));
	return 1;
}

/*
 * To sch_fq of our own device. What belongs to a socket goes there as a clone
 * that does not, or TCP would wait for it before it sends more; cloning copies
 * the head, so only then.
 */
FL_INLINE enum hold_result fq_give(struct __sk_buff *skb,
				   const struct hold_ask *ask)
{
	__u32 to = control.out_device[ask->side & 1], priority = skb->priority;
	long err;

	if (!fq_label(skb, ask))
		return HOLD_NOBODY;
	fq_count(ask->side & 1, 1, ask->departure_ns);
	if (!skb->sk)
		return HOLD_TAKEN;
	err = bpf_clone_redirect(skb, to, 0);
	if (!err)
		return HOLD_CLONED;
	fq_count(ask->side & 1, -1, 0);
	skb->priority = priority;
	bpf_set_hash_invalid(skb);
	bpf_skb_set_tstamp(skb, 0, BPF_SKB_TSTAMP_UNSPEC);
	return err > 0 ? HOLD_FULL : HOLD_NOBODY;
}

FL_INLINE enum hold_result fq_is_ready(struct __sk_buff *skb, __u32 side,
				       __u32 to, __u64 now)
{
	(void)skb;
	(void)to;
	return fq_is_full(side & 1, now) ? HOLD_FULL : HOLD_TAKEN;
}

/* Out of fq: counts, and undoes what fq_give() did for the way. */
FL_INLINE void fq_count_back(struct __sk_buff *skb, __u32 side)
{
	__u32 id = skb->hash >> HOLD_KEY_BITS;
	struct fl_holding *holding = map_holding(id, side);
	const struct fl_timing *timing = map_timing(id);
	__u64 delay, late = 0, now = bpf_ktime_get_ns();

	if (skb->tstamp_type == BPF_SKB_TSTAMP_DELIVERY_MONO &&
	    now > skb->tstamp)
		late = now - skb->tstamp;
	skb->priority = skb->cb[4] << 24 | skb->cb[2] >> 8;
	if (*fq_held(side))
		fq_count(side, -1, 0);
	if (!holding || !timing)
		return;
	/* What the shift has cut off was a half of it on average. */
	delay = ((__u64)skb->cb[3] << FQ_DELAY_SHIFT) +
		(1 << (FQ_DELAY_SHIFT - 1));
	hold_released(holding, timing, delay + late, late);
	if (*(volatile __u64 *)&holding->held)
		__sync_fetch_and_add(&holding->held, -1);
}

/* Comes back: 0 when it is not one of ours. */
FL_INLINE int fq_back(struct __sk_buff *skb, __u32 side)
{
	if ((skb->cb[4] & ~0xffu) != fq_magic())
		return 0;
	fq_count_back(skb, side);
	bpf_set_hash_invalid(skb);
	return 1;
}
