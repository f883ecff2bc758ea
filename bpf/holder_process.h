/* SPDX-License-Identifier: GPL-2.0-only */
/* A process holds the packets: they go to its XDP sockets. */
#pragma once

#include "holding.h"

/* Tells segments of one buffer from packets that are paced to one time. */
static __u32 process_number;

/* Whether the process that holds packets is there and not hung. */
FL_INLINE int process_is_alive(__u32 side, __u64 now)
{
	__u64 beat = *(volatile __u64 *)&control.beat_ns;

	/* The last beat may be younger than our look at the clock. */
	if (!beat || (__s64)(now - beat) > (__s64)FL_BEAT_STALE_NS)
		return 0;
	return bpf_map_lookup_elem(&sockets, &side) != 0;
}

/*
 * To the process: in front of the packet we write what it has to know. The
 * caller redirects.
 */
FL_INLINE enum hold_result process_give(struct __sk_buff *skb,
					const struct hold_ask *ask)
{
	struct fl_parcel parcel = {
		.magic = ticket_magic(0),
		.id = ask->id == HOLD_ID_NOBODY ? FL_PARCEL_NOBODY :
						  (__u16)ask->id,
		.side = (__u8)ask->side,
		.number = (__u8)process_number++,
		.arrival_ns = ask->arrival_ns,
		.departure_ns = ask->departure_ns,
	};

	if (skb->vlan_present) {
		parcel.vlan_proto_be = (__u16)skb->vlan_proto;
		parcel.vlan_tci = (__u16)skb->vlan_tci;
		if (bpf_skb_vlan_pop(skb))
			return HOLD_NOBODY;
	}
	/* A second tag has come out of the frame in its place. */
	if (parcel.vlan_proto_be && skb->vlan_present) {
		parcel.inner_proto_be = (__u16)skb->vlan_proto;
		parcel.inner_tci = (__u16)skb->vlan_tci;
		if (bpf_skb_vlan_pop(skb))
			return HOLD_NOBODY;
	}
	if (bpf_skb_change_head(skb, sizeof(parcel), 0) ||
	    bpf_skb_store_bytes(skb, 0, &parcel, sizeof(parcel), 0))
		return HOLD_NOBODY;
	return HOLD_TAKEN;
}

/* Larger ones, of an MTU raised since, would be lost on the way there. */
FL_INLINE int process_fits(struct __sk_buff *skb, __u32 to)
{
	__u32 mtu = 0;

	if (!skb->gso_size)
		return skb->len <= FL_HELD_FRAME_MAX;
	return !bpf_check_mtu(skb, to, &mtu, 0, BPF_MTU_CHK_SEGS);
}

FL_INLINE enum hold_result process_is_ready(struct __sk_buff *skb, __u32 side,
					    __u32 to, __u64 now)
{
	__u32 segments = skb->gso_segs ? skb->gso_segs : 1;

	if (!process_is_alive(side & 1, now) || !process_fits(skb, to))
		return HOLD_NOBODY;
	return *(volatile __u32 *)&control.room < segments ? HOLD_FULL :
							     HOLD_TAKEN;
}

/* Comes back: 0 when it is not one of ours. The process's socket says so by
 * SO_MARK. */
FL_INLINE int process_back(struct __sk_buff *skb, __u32 side)
{
	(void)side;
	if (skb->mark != ticket_magic(1))
		return 0;
	skb->mark = 0;
	return 1;
}

/*
 * XDP on the devices of the process, to its sockets. What is sent into
 * one arrives at the other.
 */
FL_INLINE int process_take(struct xdp_md *ctx)
{
	__u32 side = ctx->ingress_ifindex == control.out_device[FL_IN] ?
			     FL_OUT :
			     FL_IN;

	return (int)bpf_redirect_map(&sockets, side, XDP_DROP);
}
