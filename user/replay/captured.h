/* SPDX-License-Identifier: GPL-2.0-only */
/* A packet of a capture, as its file has it. */
#pragma once

#include <linux/types.h>

struct capture_frame {
	const unsigned char *data; /* until the next one is read */
	__u32 length;		   /* of @data */
	__u32 wire_length;	   /* before the capture may have cut it */
	__u32 link;		   /* LINKTYPE_* */
	__u32 snap; /* bytes that its interface keeps of a frame; 0: any */
	/* Of a pcap: when, in the unit of its file. */
	__s64 seconds, fraction;
	/* Of a pcapng: when, in the unit of its interface. */
	__u64 ticks;
	__u32 interface; /* in its section */
	__u32 block;	 /* enum ng_block: what it was in */
	__u16 drops;	 /* counted by an obsolete block */
	__u32 options_length;
	const unsigned char *options; /* as @data */
};
