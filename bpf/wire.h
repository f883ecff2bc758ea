/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many bytes of headers each packet of an aggregate has. Off the hot path;
 * by loads, because headers inside of headers may be far behind the linear
 * part of the buffer.
 */
#pragma once

#include <faultline/wire.h>

#include "parse.h"

/* Tunnels inside of each other. */
#define WIRE_TUNNELS 3

/* Where the bytes are; wire_load() as bpf_skb_load_bytes(). */
#ifdef __bpf__
typedef struct __sk_buff wire_bytes;
#define wire_load bpf_skb_load_bytes
#else
typedef struct fl_frame wire_bytes;

static inline int wire_load(const wire_bytes *bytes, __u32 at, void *to,
			    __u32 size)
{
	const __u8 *data = bytes->data, *end = bytes->end;

	if (at > end - data || size > end - data - at)
		return -1;
	__builtin_memcpy(to, data + at, size);
	return 0;
}
#endif

struct wire_upper {
	__u32 at; /* of the header, from the start of the buffer */
	__u32 proto;
};

FL_INLINE __u32 wire_pair(const __u8 *bytes)
{
	return (__u32)(bytes[0] << 8 | bytes[1]);
}

/*
 * Steps into the IP packet at @ip. 1: there is one, which ends where the whole
 * buffer does. No packet of an aggregate is as long as that, so whatever else
 * looks like a tunnel is payload.
 */
FL_INLINE int wire_enter(wire_bytes *bytes, __u32 ip, __u32 end,
			 struct wire_upper *upper)
{
	__u32 length, at, proto;
	__u8 head[10];

	if (wire_load(bytes, ip, head, sizeof(head)))
		return 0;
	if (head[0] >> 4 == 4) {
		length = wire_pair(head + 2);
		at = ip + (head[0] & 15) * 4u;
		proto = head[9];
	} else if (head[0] >> 4 == 6) {
		length = wire_pair(head + 4);
		length += length ? 40 : 0;
		at = ip + 40;
		proto = head[6];
	} else {
		return 0;
	}
	/* Above 64 KiB the field is 0 ("BIG TCP"). */
	if (length ? ip + length != end : end - ip <= 65535)
		return 0;
	upper->at = at;
	upper->proto = proto;
	return 1;
}

/* The IP header of the Ethernet frame at @frame, behind its tags, or 0. */
FL_INLINE __u32 wire_ethernet(wire_bytes *bytes, __u32 frame)
{
	__u32 at = frame + 2 * ETH_ALEN, proto;
	__u8 type[2];

	for (int i = 0; i <= FL_VLAN_TAGS_MAX; i++) {
		if (wire_load(bytes, at, type, sizeof(type)))
			return 0;
		proto = wire_pair(type);
		if (proto == ETH_P_IP || proto == ETH_P_IPV6)
			return at + 2;
		if (!parse_is_vlan(proto))
			return 0;
		at += sizeof(struct fl_vlan_header);
	}
	return 0;
}

/* GRE, with checksum, key and number where its flags say so. */
FL_INLINE __u32 wire_gre(wire_bytes *bytes, __u32 at)
{
	__u8 head[4];

	if (wire_load(bytes, at, head, sizeof(head)))
		return 0;
	at += 4;
	at += head[0] & 0x80 ? 4 : 0;
	at += head[0] & 0x20 ? 4 : 0;
	at += head[0] & 0x10 ? 4 : 0;
	return wire_pair(head + 2) == ETH_P_TEB ? wire_ethernet(bytes, at) : at;
}

/* Behind UDP: VXLAN, Geneve with options, or IP itself. */
FL_INLINE __u32 wire_udp(wire_bytes *bytes, __u32 at)
{
	__u32 inside;
	__u8 head[4];

	at += 8;
	if (wire_load(bytes, at, head, sizeof(head)))
		return 0;
	inside = at + 8;
	if (wire_pair(head + 2) == ETH_P_TEB)
		inside += (head[0] & 0x3f) * 4u;
	inside = wire_ethernet(bytes, inside);
	return inside ? inside : at;
}

/* The IP header behind @upper, if there may be one, or 0. */
FL_INLINE __u32 wire_inside(wire_bytes *bytes, const struct wire_upper *upper)
{
	switch (upper->proto) {
	case IPPROTO_IPIP:
	case IPPROTO_IPV6:
		return upper->at;
	case IPPROTO_GRE:
		return wire_gre(bytes, upper->at);
	case IPPROTO_UDP:
		return wire_udp(bytes, upper->at);
	}
	return 0;
}

/* Bytes of the option that says the length of IPv6 above 64 KiB: no packet on
 * the wire has it. */
FL_INLINE __u32 wire_jumbo(wire_bytes *bytes, const struct fl_parsed *packet)
{
	__u8 next = 0;

	if (packet->length <= 65535 || !(packet->flags & FL_PARSED_V6) ||
	    wire_load(bytes, packet->offset + 6, &next, 1))
		return 0;
	return packet->upper > sizeof(struct ipv6hdr) &&
			       next == IPPROTO_HOPOPTS ?
		       8 :
		       0;
}

/*
 * Bytes of each packet from its IP header at @ip to its own payload; 0: not
 * known. @at: the upper header, of @proto; @end: of the buffer.
 */
FL_GLOBAL __u32 wire_headers(wire_bytes *bytes, __u32 ip, __u32 at, __u32 proto,
			     __u32 end)
{
	struct wire_upper upper = { .at = at, .proto = proto };
	__u8 words = 0;

	for (int i = 0; i < WIRE_TUNNELS; i++) {
		__u32 inside = wire_inside(bytes, &upper);

		if (!inside || !wire_enter(bytes, inside, end, &upper))
			break;
		upper.proto = FL_OPAQUE(upper.proto);
	}
	if (upper.proto == IPPROTO_UDP)
		return upper.at + 8 - ip;
	if (upper.proto != IPPROTO_TCP ||
	    wire_load(bytes, upper.at + 12, &words, 1))
		return 0;
	return upper.at + (words >> 4) * 4u - ip;
}

/*
 * @packet, what the parser made of an aggregate of @size and @count, becomes
 * the first packet of it. How many there are. A function of its own: the
 * programs that call it have no stack to spare.
 */
FL_GLOBAL __u32 wire_split(wire_bytes *bytes, struct fl_parsed *packet,
			   __u32 size, __u32 count)
{
	struct fl_wire wire = { .size = size, .count = count };
	__u32 jumbo;

	if (!packet)
		return 1;
	jumbo = wire_jumbo(bytes, packet);
	if (!(packet->flags & FL_PARSED_FRAGMENT))
		wire.headers = wire_headers(bytes, packet->offset,
					    packet->offset + packet->upper,
					    packet->proto,
					    packet->offset + packet->length);
	if (wire.headers > jumbo) {
		wire.headers -= jumbo;
		packet->length -= jumbo;
	}
	return fl_wire_split(packet, &wire);
}
