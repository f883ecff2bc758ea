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
 * link header, and so of every segment that the kernel makes of a buffer.
 */
struct fl_parcel {
	__u32 magic; /* as above, and others' frames are let go */
	__u16 id;    /* of the rule, or FL_PARCEL_NOBODY */
	__u8 side;
	__u8 number;	  /* of the buffer, from 0 again after 255 */
	__u64 arrival_ns; /* CLOCK_MONOTONIC */
	__u64 departure_ns;
	__u16 vlan_proto_be; /* tag that was taken off, or 0 */
	__u16 vlan_tci;
	__u16 inner_proto_be; /* the same of a second one */
	__u16 inner_tci;
};
#define FL_PARCEL_NOBODY 0xffff /* counted nowhere: a copy */

/* The largest frame that the process takes, with the parcel; and without, but
 * with room for two tags that have to be put back. */
#define FL_PARCEL_FRAME_MAX 1792
#define FL_HELD_FRAME_MAX \
	(FL_PARCEL_FRAME_MAX - (__u32)sizeof(struct fl_parcel) - 2 * 4)
