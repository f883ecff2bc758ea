/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aggregates: buffers of tc that stand for several packets. There is one
 * decision for all of them, and the first packet stands for them: length and
 * tcp_flags of struct fl_parsed are its own. All packets but the last one are
 * as long as it is. Pure.
 */
#pragma once

#include "parsed.h"

#define FL_WIRE_INLINE static inline __attribute__((always_inline))

/* Instead of the bytes of a packet: each is as long as it was made. */
#define FL_WIRE_BY_FRAGMENT 0xffff

/* In which packet of an aggregate these flags of TCP are. */
#define FL_WIRE_FLAGS_FIRST 0x80 /* CWR */
#define FL_WIRE_FLAGS_LAST 0x09	 /* FIN, PSH */

/* What an aggregate is, as the kernel describes it. */
struct fl_wire {
	__u32 headers; /* bytes of each IP packet before its own payload; 0: not
			  known */
	__u32 size;    /* bytes of payload of each packet but the last */
	__u32 count;   /* packets; 0: not known */
};

FL_WIRE_INLINE __u32 fl_wire_least(__u32 a, __u32 b)
{
	return a < b ? a : b;
}

/* Packets with @size bytes each, the last one with what is left. */
FL_WIRE_INLINE __u32 fl_wire_count(__u32 bytes, __u32 size)
{
	return size && bytes > size ? (bytes + size - 1) / size : 1;
}

/* Packets whose headers are known. */
FL_WIRE_INLINE __u32 fl_wire_even(struct fl_parsed *packet, __u32 headers,
				  __u32 size)
{
	__u32 payload = packet->length - headers;
	__u32 count = fl_wire_count(payload, size);

	packet->shortest = (__u16)(headers + payload - (count - 1) * size);
	packet->length = headers + fl_wire_least(payload, size);
	packet->longest = (__u16)packet->length;
	return count;
}

/* The others: of any length that there can be. */
FL_WIRE_INLINE __u32 fl_wire_uneven(struct fl_parsed *packet, __u32 count)
{
	packet->shortest = (__u16)packet->upper;
	packet->longest = (__u16)fl_wire_least(packet->length, 65535);
	packet->length /= count ? count : 1;
	return count;
}

/*
 * Makes of @packet, parsed as if the buffer was one packet, what it is when the
 * kernel calls it the aggregate @wire. How many packets it stands for.
 */
FL_WIRE_INLINE __u32 fl_wire_split(struct fl_parsed *packet,
				   const struct fl_wire *wire)
{
	__u32 count = wire->count;

	if (wire->headers && wire->headers < packet->length &&
	    wire->size != FL_WIRE_BY_FRAGMENT)
		count = fl_wire_even(packet, wire->headers, wire->size);
	else if (count)
		count = fl_wire_uneven(packet, count);
	else
		count = fl_wire_uneven(packet, fl_wire_count(packet->length,
							     wire->size));
	count = wire->count ? wire->count : count;
	packet->segments = (__u8)fl_wire_least(count, 3);
	packet->all_flags = packet->tcp_flags;
	if (count > 1)
		packet->tcp_flags &= (__u8)~FL_WIRE_FLAGS_LAST;
	return count;
}

/*
 * The same where the kernel does not say what @packet is, but no packet is
 * longer than @mtu bytes, and this one is. Most aggregates are of packets as
 * long as can be.
 */
FL_WIRE_INLINE __u32 fl_wire_guess(struct fl_parsed *packet, __u32 mtu)
{
	__u32 count = 2;

	if (mtu > packet->upper)
		count = fl_wire_count(packet->length - packet->upper,
				      mtu - packet->upper);
	packet->segments = (__u8)fl_wire_least(count, 3);
	packet->length = mtu;
	packet->longest = (__u16)fl_wire_least(mtu, 65535);
	packet->shortest = (__u16)packet->upper;
	packet->all_flags = packet->tcp_flags;
	packet->tcp_flags &= (__u8)~FL_WIRE_FLAGS_LAST;
	return count;
}

/* @packet as one that is neither the first nor the last. */
FL_WIRE_INLINE void fl_wire_middle(struct fl_parsed *packet)
{
	packet->length = packet->longest;
	if (packet->segments > 2)
		packet->tcp_flags =
			(__u8)(packet->all_flags &
			       ~(FL_WIRE_FLAGS_FIRST | FL_WIRE_FLAGS_LAST));
}

FL_WIRE_INLINE void fl_wire_last(struct fl_parsed *packet)
{
	packet->length = packet->shortest;
	packet->tcp_flags = (__u8)(packet->all_flags & ~FL_WIRE_FLAGS_FIRST);
}
