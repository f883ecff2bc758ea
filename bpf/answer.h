/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Telling the sender: the packet becomes the answer to itself, a TCP RST (RFC
 * 9293, 3.5.2) or an ICMP port unreachable (RFC 792, RFC 4443).
 */
#pragma once

#include <linux/tcp.h>

#include "rewrite.h"

/* The upper part of an answer, behind an IP header of our own. */
#define ANSWER_QUOTE_MAX 128  /* of the packet, from its IP header on */
#define ANSWER_QUOTE_UPPER 28 /* of that, from its upper header on */
#define ANSWER_UPPER_MAX (8 + ANSWER_QUOTE_MAX)

struct fl_answer {
	union {
		struct iphdr v4;
		struct ipv6hdr v6;
	};
	__u8 upper[ANSWER_UPPER_MAX];
	__u32 upper_length;
	__u32 proto;
};

/* The pseudo header's sum but for the addresses. */
FL_INLINE __u64 answer_pseudo(const struct fl_answer *answer)
{
	return bpf_htonl(answer->upper_length) +
	       (__u64)bpf_htonl(answer->proto);
}

FL_INLINE __u64 answer_sum(const void *bytes, __u32 size, __u64 seed)
{
	return (__u32)bpf_csum_diff(0, 0, (__be32 *)bytes, size, 0) + seed;
}

FL_INLINE void answer_v4(struct fl_answer *answer, const struct iphdr *was)
{
	struct iphdr *ip = &answer->v4;

	__builtin_memset(ip, 0, sizeof(*ip));
	ip->version = 4;
	ip->ihl = sizeof(*ip) / 4;
	ip->tot_len = bpf_htons((__u16)(sizeof(*ip) + answer->upper_length));
	ip->frag_off = bpf_htons(0x4000);
	ip->ttl = 64;
	ip->protocol = (__u8)answer->proto;
	ip->saddr = was->daddr;
	ip->daddr = was->saddr;
	ip->check = rewrite_fold(answer_sum(ip, sizeof(*ip), 0));
}

FL_INLINE void answer_v6(struct fl_answer *answer, const struct ipv6hdr *was)
{
	struct ipv6hdr *ip = &answer->v6;

	__builtin_memset(ip, 0, sizeof(*ip));
	ip->version = 6;
	ip->payload_len = bpf_htons((__u16)answer->upper_length);
	ip->nexthdr = (__u8)answer->proto;
	ip->hop_limit = 64;
	ip->saddr = was->daddr;
	ip->daddr = was->saddr;
}

/* RST: in answer to an ACK it has that number, else it acknowledges. */
FL_INLINE int answer_rst(struct __sk_buff *skb, const struct fl_layout *layout,
			 struct fl_answer *answer)
{
	struct tcphdr was, *tcp = (struct tcphdr *)answer->upper;

	if (bpf_skb_load_bytes(skb, layout->upper, &was, sizeof(was)))
		return -1;
	__builtin_memset(tcp, 0, sizeof(*tcp));
	tcp->source = was.dest;
	tcp->dest = was.source;
	tcp->doff = sizeof(*tcp) / 4;
	tcp->rst = 1;
	if (was.ack) {
		tcp->seq = was.ack_seq;
	} else {
		__u32 length = layout->end - layout->payload + was.syn +
			       was.fin;

		tcp->ack = 1;
		tcp->ack_seq = bpf_htonl(bpf_ntohl(was.seq) + length);
	}
	answer->upper_length = sizeof(*tcp);
	answer->proto = IPPROTO_TCP;
	return 0;
}

/* Port unreachable, quoting the packet as far as its upper header. */
FL_INLINE int answer_unreachable(struct __sk_buff *skb,
				 const struct fl_layout *layout,
				 struct fl_answer *answer)
{
	__u32 quote = layout->upper - layout->ip + ANSWER_QUOTE_UPPER;

	if (quote > layout->length)
		quote = layout->length;
	FL_FORGET(quote);
	if (quote < 20 || quote > ANSWER_QUOTE_MAX)
		return -1;
	if (bpf_skb_load_bytes(skb, layout->ip, answer->upper + 8, quote))
		return -1;
	answer->upper[0] = layout->is_v6 ? 1 : 3;
	answer->upper[1] = layout->is_v6 ? 4 : 3;
	answer->upper_length = 8 + quote;
	answer->proto = layout->is_v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
	return 0;
}

/* Our IP header, and the checksum of what it carries. All of upper[] can be
 * summed: what is not used is 0. */
FL_INLINE int answer_head(struct __sk_buff *skb, const struct fl_layout *layout,
			  struct fl_answer *answer)
{
	__u32 at = answer->proto == IPPROTO_TCP ? 16 : 2;
	__u64 sum = answer_pseudo(answer);
	__u16 folded;

	if (layout->is_v6) {
		struct ipv6hdr was;

		if (bpf_skb_load_bytes(skb, layout->ip, &was, sizeof(was)))
			return -1;
		answer_v6(answer, &was);
		sum = answer_sum(&answer->v6.saddr, 32, sum);
	} else {
		struct iphdr was;

		if (bpf_skb_load_bytes(skb, layout->ip, &was, sizeof(was)))
			return -1;
		answer_v4(answer, &was);
		sum = answer_sum(&answer->v4.saddr, 8, sum);
		if (answer->proto == IPPROTO_ICMP)
			sum = 0;
	}
	folded = rewrite_fold(answer_sum(answer->upper, ANSWER_UPPER_MAX, sum));
	if (at == 16)
		__builtin_memcpy(answer->upper + 16, &folded, 2);
	else
		__builtin_memcpy(answer->upper + 2, &folded, 2);
	return 0;
}

FL_INLINE int answer_swap_macs(struct __sk_buff *skb)
{
	__u8 macs[2 * ETH_ALEN], swapped[2 * ETH_ALEN];

	if (bpf_skb_load_bytes(skb, 0, macs, sizeof(macs)))
		return -1;
	__builtin_memcpy(swapped, macs + ETH_ALEN, ETH_ALEN);
	__builtin_memcpy(swapped + ETH_ALEN, macs, ETH_ALEN);
	return (int)bpf_skb_store_bytes(skb, 0, swapped, sizeof(swapped), 0);
}

FL_INLINE int answer_write(struct __sk_buff *skb,
			   const struct fl_layout *layout,
			   struct fl_answer *answer)
{
	__u32 head = layout->is_v6 ? sizeof(answer->v6) : sizeof(answer->v4);
	__u32 length = answer->upper_length;
	int err = rewrite_plain(skb, layout->ip + head + length, layout->upper);

	if (!err && layout->ip)
		err = answer_swap_macs(skb);
	if (err)
		return err;
	if (layout->is_v6)
		err = (int)bpf_skb_store_bytes(skb, layout->ip, &answer->v6,
					       sizeof(answer->v6), 0);
	else
		err = (int)bpf_skb_store_bytes(skb, layout->ip, &answer->v4,
					       sizeof(answer->v4), 0);
	if (err)
		return err;
	/* A no-op. No check: before 6.10 its bound does not reach copies. */
	FL_FORGET(length);
	length = ((length - 8) & 0xff) + 8;
	FL_FORGET(length);
	return (int)bpf_skb_store_bytes(skb, layout->ip + head, answer->upper,
					length, 0);
}

/* Turns the packet into the answer; 0, or negative when that cannot be. */
FL_GLOBAL int answer_packet(struct __sk_buff *skb,
			    const struct fl_layout *layout)
{
	struct fl_answer *answer = (void *)map_scratch();
	int err;

	if (!answer || !layout || (layout->ip != ETH_HLEN && layout->ip))
		return -1;
	__builtin_memset(answer, 0, sizeof(*answer));
	if (layout->proto == IPPROTO_TCP)
		err = answer_rst(skb, layout, answer);
	else
		err = answer_unreachable(skb, layout, answer);
	if (err || answer_head(skb, layout, answer))
		return -1;
	return answer_write(skb, layout, answer);
}
