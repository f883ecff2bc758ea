/* SPDX-License-Identifier: GPL-2.0-only */
/* struct __sk_buff -> frame, the layout of its packet, and how to lose it. */
#pragma once

#include <linux/pkt_cls.h>

#include "verdict.h"

/* A program that is only run may see less of the frame. */
FL_INLINE __u32 skb_wire_length(struct __sk_buff *skb)
{
	__u32 length = skb->len;

	return config_replay && replayed.wire_length > length ?
		       replayed.wire_length :
		       length;
}

/* Headers may lie beyond the linear part of the buffer: enough for tags,
 * IPv6, and eight modest extension headers. */
#define FL_TC_PULL 256

/* Whether an IP header at @data is that of a packet of @length bytes. */
FL_INLINE int tc_is_ip(const __u8 *data, __u32 proto_be, __u32 length)
{
	if (proto_be == bpf_htons(ETH_P_IP))
		return data[0] >> 4 == 4 &&
		       bpf_ntohs(*(__u16 *)(data + 2)) == length;
	return data[0] >> 4 == 6 &&
	       bpf_ntohs(*(__u16 *)(data + 4)) + 40u == length;
}

/*
 * Whether the packet has a link header on a device that has none: what IPsec
 * has unpacked keeps that of the device below. Nothing that could be an IP
 * packet as it stands has one.
 */
FL_INLINE int tc_has_link(struct __sk_buff *skb)
{
	__u8 *data = (void *)(long)skb->data;
	__u32 proto_be = (__u16)skb->protocol;

	return (void *)(data + ETH_HLEN + 6) <= (void *)(long)skb->data_end &&
	       *(__u16 *)(data + 2 * ETH_ALEN) == proto_be &&
	       !tc_is_ip(data, proto_be, skb->len) &&
	       tc_is_ip(data + ETH_HLEN, proto_be, skb->len - ETH_HLEN);
}

FL_INLINE void tc_frame(struct __sk_buff *skb, struct fl_frame *frame)
{
	frame->data = (void *)(long)skb->data;
	frame->end = (void *)(long)skb->data_end;
	frame->length = skb_wire_length(skb);
	frame->vlan = skb->vlan_present ? skb->vlan_tci & 0xfff : FL_VLAN_NONE;
	frame->layer3_proto = config_layer3 && !tc_has_link(skb) ?
				      bpf_ntohs((__be16)skb->protocol) :
				      0;
}

FL_INLINE int tc_parse_once(struct __sk_buff *skb, struct fl_parsed *packet)
{
	struct fl_frame frame;
	int result;

	tc_frame(skb, &frame);
	result = parse_frame(&frame, packet);
	if (result == FL_PARSE_IP &&
	    packet->offset + packet->length > skb_wire_length(skb))
		return FL_PARSE_UNPARSED;
	return result;
}

/* The same by a call: off the hot path, where one copy of the parser is
 * enough. @packet is initialised. */
FL_GLOBAL int tc_parse_call(struct __sk_buff *skb, struct fl_parsed *packet)
{
	return packet ? tc_parse_once(skb, packet) : FL_PARSE_SHORT;
}

/* Headers are not in the linear part: brings them there. */
FL_INLINE int tc_parse_pulled(struct __sk_buff *skb, struct fl_parsed *packet)
{
	__u32 want = skb->len < FL_TC_PULL ? skb->len : FL_TC_PULL;

	if (bpf_skb_pull_data(skb, want))
		return FL_PARSE_SHORT;
	return tc_parse_call(skb, packet);
}

FL_INLINE int tc_parse(struct __sk_buff *skb, struct fl_parsed *packet)
{
	int result = tc_parse_once(skb, packet);

	if (fl_likely(result != FL_PARSE_SHORT))
		return result;
	__builtin_memset(packet, 0, sizeof(*packet));
	return tc_parse_pulled(skb, packet);
}

/* The same off the hot path. */
FL_INLINE int tc_parse_cold(struct __sk_buff *skb, struct fl_parsed *packet)
{
	int result = tc_parse_call(skb, packet);

	return result == FL_PARSE_SHORT ? tc_parse_pulled(skb, packet) : result;
}

/*
 * Loss on the way out must look like loss on the wire. TC_ACT_SHOT would tell
 * the local sender, STOLEN does not; under tcx STOLEN does not exist, but a
 * redirect to an interface that does not exist frees the packet and reports
 * success.
 */
FL_INLINE int tc_lose(__u32 side)
{
	if (side == FL_IN)
		return TC_ACT_SHOT;
	return config_tcx ? (int)bpf_redirect(0, 0) : TC_ACT_STOLEN;
}

/*
 * The kernel's packet generator keeps a reference to what it sends, and a
 * helper that needs a new head for such a buffer would halt the kernel
 * (BUG_ON(skb_shared()) in pskb_expand_head()). BPF cannot see that; but those
 * of pktgen come neither from a socket nor from a device.
 */
FL_INLINE int skb_may_be_shared(struct __sk_buff *skb, __u32 side)
{
	return side == FL_OUT && !skb->sk && !skb->ingress_ifindex;
}

/* Where the parts of a packet are, in bytes from the start of the buffer. */
struct fl_layout {
	__u32 ip, upper, payload, end;
	__u32 sum;    /* the upper checksum; 0: there is none */
	__u32 length; /* of the IP packet */
	__u8 proto;   /* 0: a later fragment */
	__u8 is_v6;
};

FL_INLINE __u32 skb_upper_length(struct __sk_buff *skb, __u32 upper,
				 __u32 proto)
{
	__u8 offset = 0;

	switch (proto) {
	case IPPROTO_TCP:
		if (bpf_skb_load_bytes(skb, upper + 12, &offset, 1))
			return 0;
		return (offset >> 4) * 4;
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return 8;
	case IPPROTO_SCTP:
		return 12;
	}
	return 0;
}

FL_INLINE __u32 skb_sum_offset(__u32 proto)
{
	return proto == IPPROTO_TCP				? 16 :
	       proto == IPPROTO_UDP				? 6 :
	       proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6 ? 2 :
								  0;
}

/* Returns 0 when there is no packet to be found. */
FL_GLOBAL int skb_layout(struct __sk_buff *skb, struct fl_layout *out)
{
	struct fl_parsed packet = {};
	__u32 sum;

	if (!out || tc_parse_cold(skb, &packet) != FL_PARSE_IP)
		return 0;
	out->ip = packet.offset;
	out->upper = packet.offset + packet.upper;
	out->end = packet.offset + packet.length;
	out->length = packet.length;
	out->is_v6 = !!(packet.flags & FL_PARSED_V6);
	out->proto = packet.flags & FL_PARSED_FRAGMENT ? 0 : packet.proto;
	out->payload = out->upper +
		       skb_upper_length(skb, out->upper, out->proto);
	sum = skb_sum_offset(out->proto);
	out->sum = sum ? out->upper + sum : 0;
	return 1;
}
