/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parser makes of a packet, and match fields are held against. */
#pragma once

#include <linux/types.h>

#define FL_PARSED_PORTS 1u    /* sport, dport are ports */
#define FL_PARSED_FRAGMENT 2u /* not the first: no L4 header */
#define FL_PARSED_PAYLOAD 4u  /* bytes after the L4 header */
#define FL_PARSED_V6 8u
#define FL_PARSED_ERROR 16u /* ICMP other than a question or its answer */

struct fl_parsed {
	/* IPv4: *_low is the address as in the packet, *_high unset */
	__u64 src_high, src_low, dst_high, dst_low;
	__u32 length; /* of the IP packet, by its header; see wire.h */
	__u16 offset; /* of the IP header in the frame */
	__u16 upper;  /* of the upper header in the IP packet */
	union {
		struct {
			__be16 sport_be, dport_be; /* ICMP echo: both the id */
		};
		__u32 ports; /* as the packet has them */
	};
	__u16 vlan;			   /* outermost tag or FL_VLAN_NONE */
	__u8 proto, tos, tcp_flags, flags; /* tos: DSCP and ECN */
	/* Of a buffer that stands for several packets, see wire.h. */
	__u8 all_flags; /* of TCP, all of them together */
	__u8 segments;	/* up to 3; 1: it is one packet, the rest is not set */
	__u16 longest, shortest; /* bytes of the IP packets */
};
