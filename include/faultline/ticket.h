/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <linux/types.h>

/* Two words that nobody else would write; devices of ours differ by seed. */
static inline __attribute__((always_inline)) __u32 fl_ticket_magic(__u64 seed,
								   __u32 word)
{
	return word ? (__u32)(seed >> 32) ^ 0x6c696e65 :
		      (__u32)seed ^ 0xfa017ed1;
}

/*
 * From XDP, which can neither copy nor answer nor hold, to our program at tc
 * ingress: in front of the packet, where not every kernel takes
 * more than 32 bytes.
 */
struct fl_ticket {
	__u32 magic; /* fl_ticket_magic(seed, 0) */
	__u32 index; /* of the flow, or ~0 */
	__u64 draw;  /* the rule's, for this packet */
	__u64 fate;  /* see fate.h */
	__u32 id;    /* of the counters */
	__u32 pad;
};
_Static_assert(sizeof(struct fl_ticket) == 32, "fits");

/*
 * From our program at tc to the process that holds packets: in front of the
 * link header. If the kernel keeps a VLAN tag beside the frame, it puts it
 * behind the first 12 bytes, where a link header would end: before "proto".
 */
struct fl_parcel {
	__u32 magic; /* as above, and others' frames are let go */
	__u32 mark;  /* of the skb, which is to have them again */
	__u32 priority;
	__u16 proto;	  /* FL_PARCEL_PROTO */
	__u16 id;	  /* of the rule, or FL_PARCEL_NOBODY; and a number */
	__u64 arrival_ns; /* CLOCK_MONOTONIC */
	__u64 departure_ns;
};
_Static_assert(sizeof(struct fl_parcel) == 32, "whole VLAN tags, see bpf");
#define FL_PARCEL_PROTO 0xb588 /* no TPID */
/* The same, where a VLAN tag behind it is not the packet's. */
#define FL_PARCEL_PROTO_TAGGED 0xb688
#define FL_PARCEL_NOBODY 0xfff /* counted nowhere: a copy */
/* The number is above the id, from 0 again after 15. The kernel cuts a buffer
 * up that is too large for the tap, and each piece has the parcel: it tells the
 * pieces of one from packets of the same moment. */
#define FL_PARCEL_ID_BITS 12

/* The largest packet and MTU that the process takes: what IP has, as on lo. */
#define FL_HELD_MTU_MAX 65536u
#define FL_HELD_FRAME_MAX (FL_HELD_MTU_MAX + 14 + 2 * 4)

/* Packets are counted against "--held" by what they take of memory: one for
 * each so many bytes. */
#define FL_HELD_UNIT 2048u
#define FL_HELD_UNITS(bytes) (1 + (__u32)(bytes) / FL_HELD_UNIT)
