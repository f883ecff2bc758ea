/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes back from the engine goes on from where it was taken. */
#pragma once

#include "hold.h"

/* Others' packets may stray onto our devices: those are not let through. */
FL_INLINE int back_is_ours(struct __sk_buff *skb)
{
	if (config_holder == FL_HOLDER_FQ)
		return skb->cb[4] == ticket_magic(1);
	/* Of the process's socket, which says so by SO_MARK. */
	if (skb->mark != ticket_magic(1))
		return 0;
	skb->mark = 0;
	return 1;
}

/* Out of fq: counts, and undoes what hold_by_fq() did for the way. */
FL_INLINE void back_count(struct __sk_buff *skb, __u32 side)
{
	__u32 id = skb->hash >> HOLD_KEY_BITS;
	struct fl_holding *holding = map_holding(id, side);
	const struct fl_timing *timing = map_timing(id);
	__u64 delay, late = 0, now = bpf_ktime_get_ns();

	if (skb->tstamp_type == BPF_SKB_TSTAMP_DELIVERY_MONO &&
	    now > skb->tstamp)
		late = now - skb->tstamp;
	skb->priority = skb->cb[2] >> 8;
	if (*hold_fq_held(side))
		hold_fq_count(side, -1, 0);
	if (!holding || !timing)
		return;
	/* What the shift has cut off was a half of it on average. */
	delay = ((__u64)skb->cb[3] << HOLD_DELAY_SHIFT) +
		(1 << (HOLD_DELAY_SHIFT - 1));
	hold_released(holding, timing, delay + late, late);
	if (*(volatile __u64 *)&holding->held)
		__sync_fetch_and_add(&holding->held, -1);
}

FL_INLINE int back_run(struct __sk_buff *skb, __u32 side)
{
	if (!back_is_ours(skb))
		return TC_ACT_SHOT;
	if (config_holder == FL_HOLDER_FQ) {
		back_count(skb, side);
		bpf_set_hash_invalid(skb);
	}
	ticket_mark(skb, TICKET_OURS);
	return (int)bpf_redirect(config_ifindex,
				 side == FL_IN ? BPF_F_INGRESS : 0);
}

/*
 * XDP on the devices of the hold engine, to its sockets. What is sent into
 * one arrives at the other.
 */
FL_INLINE int back_take(struct xdp_md *ctx)
{
	__u32 side = ctx->ingress_ifindex == control.out_device[FL_IN] ?
			     FL_OUT :
			     FL_IN;

	return (int)bpf_redirect_map(&sockets, side, XDP_DROP);
}
