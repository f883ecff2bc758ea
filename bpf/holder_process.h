/* SPDX-License-Identifier: GPL-2.0-only */
/* A process holds the packets: it has two tap devices open. */
#pragma once

#include <linux/futex.h>
#include <linux/if_packet.h>

#include "holding.h"

/* Of parcels, see fl_parcel.id. */
static __u16 process_number;

/* Whether the process that holds packets is there and not hung. The kernel
 * takes its name away when it ends, before it closes its tap devices. */
FL_INLINE int process_is_alive(__u64 now)
{
	__u32 owner = *(volatile __u32 *)&control.owner;

	return owner & FUTEX_TID_MASK &&
	       fl_beats(*(volatile __u64 *)&control.beat_ns,
			*(volatile __u64 *)&control.given_ns, now);
}

/*
 * Room for the parcel, of a plain packet that is too long (16 KB) for
 * bpf_skb_change_head(). VLAN tags are not limited so: each moves the addresses
 * to the front, but for the last one, which stays beside the frame. One that
 * was there before would be lost among them.
 */
FL_INLINE int process_push_tags(struct __sk_buff *skb)
{
	const __u32 tags = sizeof(struct fl_parcel) / 4;
	__u8 addresses[12];

	if (skb->vlan_present ||
	    bpf_skb_load_bytes(skb, 0, addresses, sizeof(addresses)))
		return 0;
	for (__u32 i = 0; i <= tags; i++)
		if (bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 1))
			return 0;
	return !bpf_skb_store_bytes(skb, sizeof(struct fl_parcel), addresses,
				    sizeof(addresses), 0);
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
		.mark = skb->mark,
		.priority = skb->priority,
		.proto = FL_PARCEL_PROTO,
		.id = (__u16)(process_number++ << FL_PARCEL_ID_BITS |
			      (ask->id & FL_PARCEL_NOBODY)),
		.arrival_ns = ask->arrival_ns,
		.departure_ns = ask->departure_ns,
	};

	if (bpf_skb_change_head(skb, sizeof(parcel), 0)) {
		parcel.proto = FL_PARCEL_PROTO_TAGGED;
		if (!process_push_tags(skb))
			return HOLD_NOBODY;
	}
	if (bpf_skb_store_bytes(skb, 0, &parcel, sizeof(parcel), 0))
		return HOLD_NOBODY;
	if (*(volatile __u64 *)&control.beat_ns == FL_BEAT_ASLEEP &&
	    !*(volatile __u64 *)&control.given_ns)
		*(volatile __u64 *)&control.given_ns = bpf_ktime_get_ns();
	return HOLD_TAKEN;
}

FL_INLINE enum hold_result process_is_ready(struct __sk_buff *skb, __u32 side,
					    __u32 to, __u64 now)
{
	(void)side;
	(void)to;
	if (!process_is_alive(now) ||
	    (!skb->gso_size && skb->len > FL_HELD_FRAME_MAX))
		return HOLD_NOBODY;
	return *(volatile __u32 *)&control.room < FL_HELD_UNITS(skb->len) ?
		       HOLD_FULL :
		       HOLD_TAKEN;
}

/* Comes back, from the process: nobody else can have the device open. */
FL_INLINE int process_back(struct __sk_buff *skb, __u32 side)
{
	__u32 label = 0;

	/* The way's address made it another host's. On the way in, behind a
	 * link header, the kernel looks again. */
	if (side == FL_OUT || config_layer3)
		bpf_skb_change_type(skb, PACKET_HOST);
	if (skb->vlan_present) {
		label = skb->vlan_tci & (FL_LABELS - 1);
		/* The packet's own one comes in its place. */
		if (bpf_skb_vlan_pop(skb))
			return 0;
	}
	skb->mark = labels[label].mark;
	skb->priority = labels[label].priority;
	return 1;
}
