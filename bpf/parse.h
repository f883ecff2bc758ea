/* SPDX-License-Identifier: GPL-2.0-only */
/* Packet bytes -> struct fl_parsed. Sees neither hook nor maps. */
#pragma once

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>

#include <faultline/parsed.h>

#include "common.h"

enum fl_parse_result {
	FL_PARSE_IP,	   /* struct fl_parsed is filled */
	FL_PARSE_SHORT,	   /* a header goes past the end of the data */
	FL_PARSE_UNPARSED, /* odd or unknown: hands off */
	FL_PARSE_EXEMPT,   /* ARP, neighbour discovery */
};

#define FL_VLAN_TAGS_MAX 2	 /* in the frame, besides an offloaded one */
#define FL_EXTENSIONS_MAX 8	 /* headers */
#define FL_EXTENSIONS_BYTES 4096 /* all of them together */
#define FL_EXTENSIONS_MASK 8191	 /* which holds that many */

struct fl_vlan_header {
	__be16 tci_be, proto_be;
};

FL_INLINE int parse_tcp(const __u8 *header, void *end, __u32 length,
			struct fl_parsed *out)
{
	__u32 header_length;

	if ((void *)(header + 20) > end)
		return FL_PARSE_SHORT;
	header_length = (header[12] >> 4) * 4;
	if (header_length < 20 || header_length > length)
		return FL_PARSE_UNPARSED;
	out->tcp_flags = header[13];
	if (length > header_length)
		out->flags |= FL_PARSED_PAYLOAD;
	return FL_PARSE_IP;
}

FL_INLINE int parse_ports(void *header, void *end, __u32 length,
			  struct fl_parsed *out)
{
	__u32 *ports = header; /* TCP, UDP and SCTP begin so */
	__u32 header_length = out->proto == IPPROTO_SCTP ? 12 : 8;
	int result = FL_PARSE_IP;

	if (out->proto == IPPROTO_TCP) {
		result = parse_tcp(header, end, length, out);
		if (result)
			return result;
	} else {
		if (header + header_length > end)
			return FL_PARSE_SHORT;
		if (length < header_length)
			return FL_PARSE_UNPARSED;
		if (length > header_length)
			out->flags |= FL_PARSED_PAYLOAD;
	}
	/* The verifier cannot see that the checks above cover this. */
	if ((void *)(ports + 1) > end)
		return FL_PARSE_SHORT;
	__builtin_memcpy(&out->ports, ports, sizeof(out->ports));
	out->flags |= FL_PARSED_PORTS;
	return FL_PARSE_IP;
}

FL_INLINE int parse_icmp(const __u8 *header, void *end, __u32 length,
			 struct fl_parsed *out)
{
	__u8 type;

	if ((void *)(header + 8) > end)
		return FL_PARSE_SHORT;
	if (length < 8)
		return FL_PARSE_UNPARSED;
	type = header[0];
	if (out->proto == IPPROTO_ICMPV6) {
		if (type >= 133 && type <= 137)
			return FL_PARSE_EXEMPT;
		type = type == 128 || type == 129 ? 0 : 1;
	}
	/* Request and reply of one ping share the id, hence the flow. */
	if (type == 0 || (type == 8 && out->proto == IPPROTO_ICMP)) {
		__builtin_memcpy(&out->sport_be, header + 4, 2);
		out->dport_be = out->sport_be;
	} else {
		out->flags |= FL_PARSED_ERROR;
	}
	return FL_PARSE_IP;
}

FL_INLINE int parse_l4(void *header, void *end, __u32 length,
		       struct fl_parsed *out)
{
	switch (out->proto) {
	case IPPROTO_TCP:
	case IPPROTO_UDP:
	case IPPROTO_SCTP:
		return parse_ports(header, end, length, out);
	case IPPROTO_ICMP:
		return out->flags & FL_PARSED_V6 ?
			       FL_PARSE_IP :
			       parse_icmp(header, end, length, out);
	case IPPROTO_ICMPV6:
		return out->flags & FL_PARSED_V6 ?
			       parse_icmp(header, end, length, out) :
			       FL_PARSE_IP;
	}
	return FL_PARSE_IP;
}

/* GSO aggregates above 64 KiB leave the length field 0 ("BIG TCP"). */
FL_INLINE __u32 parse_big_length(const struct fl_frame *frame, __u32 offset)
{
	return frame->length > 65535 ? frame->length - offset : 0;
}

FL_INLINE int parse_v4(const struct fl_frame *frame, void *at,
		       struct fl_parsed *out)
{
	struct iphdr *ip = at;
	__u32 header_length;

	if ((void *)(ip + 1) > frame->end)
		return FL_PARSE_SHORT;
	header_length = ip->ihl * 4;
	if (ip->version != 4 || header_length < sizeof(*ip))
		return FL_PARSE_UNPARSED;
	out->length = bpf_ntohs(ip->tot_len);
	if (fl_unlikely(!out->length)) {
		out->length = parse_big_length(frame, out->offset);
		if (!out->length) /* said twice for the verifier of 6.1 */
			return FL_PARSE_UNPARSED;
	}
	if (out->length < header_length)
		return FL_PARSE_UNPARSED;
	out->upper = header_length;
	out->src_low = ip->saddr;
	out->dst_low = ip->daddr;
	out->proto = ip->protocol;
	out->tos = ip->tos;
	if (fl_unlikely(ip->frag_off & bpf_htons(0x1fff))) {
		out->flags |= FL_PARSED_FRAGMENT;
		return at + header_length > frame->end ? FL_PARSE_SHORT :
							 FL_PARSE_IP;
	}
	return parse_l4(at + header_length, frame->end,
			out->length - header_length, out);
}

/* Below 64 by one shift: TCP and UDP are asked for with each IPv6 packet. */
FL_INLINE int parse_is_extension(__u32 proto)
{
	const __u64 low = 1ull << 0 | 1ull << 43 | 1ull << 44 | 1ull << 51 |
			  1ull << 60;

	if (fl_likely(proto < 64))
		return low >> proto & 1;
	return proto == 135 || proto == 139 || proto == 140;
}

/*
 * Walks IPv6 extension headers. Returns FL_PARSE_IP with *@used bytes taken
 * and out->proto the upper protocol.
 */
FL_INLINE int parse_extensions(void *at, void *end, struct fl_parsed *out,
			       __u32 *used)
{
	__u32 taken = 0;

	for (int i = 0; i <= FL_EXTENSIONS_MAX; i++) {
		__u8 *header = at + taken;
		__u8 next = out->proto;

		if (fl_likely(!parse_is_extension(next))) {
			*used = taken;
			return FL_PARSE_IP;
		}
		if ((void *)(header + 8) > end)
			return FL_PARSE_SHORT;
		out->proto = header[0];
		if (next == 44) {
			taken += 8;
			if ((header[2] << 8 | header[3]) & 0xfff8) {
				out->flags |= FL_PARSED_FRAGMENT;
				*used = taken;
				return FL_PARSE_IP;
			}
		} else if (next == 51) {
			taken += (header[1] + 2u) * 4;
		} else {
			taken += (header[1] + 1u) * 8;
		}
		taken = FL_OPAQUE(taken);
		if (taken > FL_EXTENSIONS_BYTES)
			return FL_PARSE_UNPARSED;
		/* Said again: before 6.10 a check of one copy of a number does
		 * not bound the others. */
		FL_FORGET(taken);
		taken &= FL_EXTENSIONS_MASK;
	}
	return FL_PARSE_UNPARSED;
}

FL_INLINE int parse_v6(const struct fl_frame *frame, void *at,
		       struct fl_parsed *out)
{
	struct ipv6hdr *ip = at;
	__u32 used = 0, left;
	int result;

	if ((void *)(ip + 1) > frame->end)
		return FL_PARSE_SHORT;
	if (ip->version != 6)
		return FL_PARSE_UNPARSED;
	out->length = bpf_ntohs(ip->payload_len);
	if (fl_likely(out->length))
		out->length += sizeof(*ip);
	else
		out->length = parse_big_length(frame, out->offset);
	if (out->length < sizeof(*ip))
		out->length = sizeof(*ip);
	__builtin_memcpy(&out->src_high, &ip->saddr, 8);
	__builtin_memcpy(&out->src_low, (void *)&ip->saddr + 8, 8);
	__builtin_memcpy(&out->dst_high, &ip->daddr, 8);
	__builtin_memcpy(&out->dst_low, (void *)&ip->daddr + 8, 8);
	out->tos = (__u8)(ip->priority << 4 | ip->flow_lbl[0] >> 4);
	out->proto = ip->nexthdr;
	out->flags |= FL_PARSED_V6;
	at += sizeof(*ip);
	if (fl_unlikely(parse_is_extension(out->proto))) {
		out->length = FL_OPAQUE(out->length);
		result = parse_extensions(at, frame->end, out, &used);
		if (result)
			return result;
	}
	/* Not "used + 40 > length": 6.12's verifier mistakes such sums. */
	left = out->length - (__u32)sizeof(*ip);
	if (used > left)
		return FL_PARSE_UNPARSED;
	out->upper = (__u32)sizeof(*ip) + used;
	if (out->flags & FL_PARSED_FRAGMENT)
		return FL_PARSE_IP;
	return parse_l4(at + used, frame->end, left - used, out);
}

FL_INLINE int parse_is_vlan(__u32 proto)
{
	return proto == ETH_P_8021Q || proto == ETH_P_8021AD;
}

/* Steps over VLAN tags; *@proto becomes the inner ethertype. */
FL_INLINE int parse_vlan(const struct fl_frame *frame, struct fl_parsed *out,
			 __u32 *proto)
{
	for (int i = 0; i < FL_VLAN_TAGS_MAX; i++) {
		struct fl_vlan_header *tag = frame->data + out->offset;
		__u32 offset;

		if (!parse_is_vlan(*proto))
			return FL_PARSE_IP;
		if ((void *)(tag + 1) > frame->end)
			return FL_PARSE_SHORT;
		if (out->vlan == FL_VLAN_NONE)
			out->vlan = bpf_ntohs(tag->tci_be) & 0xfff;
		*proto = bpf_ntohs(tag->proto_be);
		offset = FL_OPAQUE(out->offset + (__u32)sizeof(*tag));
		if (offset > ETH_HLEN + FL_VLAN_TAGS_MAX * sizeof(*tag))
			return FL_PARSE_UNPARSED;
		/* Before 6.10 the check does not hold for copies. */
		FL_FORGET(offset);
		out->offset = offset & 31;
	}
	return FL_PARSE_IP;
}

FL_INLINE int parse_layers(const struct fl_frame *frame, struct fl_parsed *out)
{
	__u32 proto = frame->layer3_proto;
	int result;

	out->vlan = (__u16)frame->vlan;
	/* Or the compiler would spill what was never set. */
	out->length = 0;
	out->offset = 0;
	out->ports = 0;
	out->tcp_flags = 0;
	out->flags = 0;
	out->segments = 1;
	if (!proto) {
		/* Not through struct ethhdr, which is packed: byte by byte. */
		const __be16 *ethertype_be = frame->data + 2 * ETH_ALEN;

		if ((void *)(ethertype_be + 1) > frame->end)
			return FL_PARSE_SHORT;
		proto = bpf_ntohs(*ethertype_be);
		out->offset = ETH_HLEN;
	}
	if (fl_unlikely(parse_is_vlan(proto))) {
		result = parse_vlan(frame, out, &proto);
		if (result)
			return result;
	}
	if (fl_likely(proto == ETH_P_IP))
		return parse_v4(frame, frame->data + out->offset, out);
	if (proto == ETH_P_IPV6)
		return parse_v6(frame, frame->data + out->offset, out);
	return proto == ETH_P_ARP ? FL_PARSE_EXEMPT : FL_PARSE_UNPARSED;
}

/*
 * Fills @out from @frame. Everything that is not plainly IP as the standards
 * have it is FL_PARSE_UNPARSED; the caller still has to compare
 * out->offset + out->length with the true length of the frame.
 */
FL_INLINE int parse_frame(const struct fl_frame *frame, struct fl_parsed *out)
{
	int result = parse_layers(frame, out);

	/* Not V6, by which the verifier knows what of *out is there. */
	out->flags = (__u8)((out->flags & FL_PARSED_V6) |
			    (FL_OPAQUE(out->flags) & ~FL_PARSED_V6));
	return result;
}
