/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing into packets at tc. Negative errno, or 0. */
#pragma once

#include "skb.h"

/* Before which the upper header begins in all that we rewrite. */
#define REWRITE_UPPER_MAX 256

/*
 * Makes the buffer one of @length bytes that has no checksum pending, none
 * called good, and no segmentation. Only its link header is left as it was.
 *
 * BPF has no word for it. But where the start of a pending checksum falls
 * before the buffer, __skb_postpull_rcsum() gives it up: so the buffer is
 * lengthened at its tail and shortened by as much, past that start, in front.
 */
FL_INLINE int rewrite_plain(struct __sk_buff *skb, __u32 length, __u32 upper)
{
	__u32 past = upper + 4;
	int err;

	if (upper > REWRITE_UPPER_MAX)
		return -1;
	err = (int)bpf_skb_change_tail(skb, length + past, 0);
	if (err)
		return err;
	err = (int)bpf_skb_adjust_room(skb, -(int)past, BPF_ADJ_ROOM_MAC, 0);
	if (err)
		return err;
	bpf_csum_level(skb, BPF_CSUM_LEVEL_RESET);
	return 0;
}

FL_INLINE __u16 rewrite_fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

/*
 * The unfolded sum of the scratch from @from (a header) to @end; three bytes
 * after @end are overwritten. What tells the verifier a block's size is a mask
 * of whole words: from a comparison of bytes whose lowest bits are 0 6.18
 * derives a range that ends before it begins, and says so in the kernel log.
 */
FL_INLINE __u64 rewrite_sum(struct fl_scratch *scratch, __u32 from, __u32 end)
{
	__u32 tail = end; /* a copy that lives only here keeps its bounds */
	__s64 sum = 0;

	FL_FORGET(tail);
	if (tail > FL_SCRATCH)
		return 0;
	scratch->packet[tail] = 0;
	scratch->packet[tail + 1] = 0;
	scratch->packet[tail + 2] = 0;
	for (__u32 i = 0; i <= FL_SCRATCH / FL_SCRATCH_BLOCK; i++) {
		__u32 at = from + i * FL_SCRATCH_BLOCK, words;

		FL_FORGET(at);
		if (at >= end || at >= FL_SCRATCH)
			break;
		words = (end - at + 3) / 4;
		if (words > FL_SCRATCH_BLOCK / 4)
			words = FL_SCRATCH_BLOCK / 4;
		FL_FORGET(words);
		words = ((words - 1) & (FL_SCRATCH_BLOCK / 4 - 1)) + 1;
		sum = bpf_csum_diff(0, 0, (__be32 *)&scratch->packet[at],
				    4 * words, (__wsum)sum);
		if (sum < 0)
			return 0;
	}
	return (__u64)sum;
}

FL_INLINE int rewrite_load(struct __sk_buff *skb, struct fl_scratch *scratch,
			   __u32 length)
{
	FL_FORGET(length);
	if (length < ETH_HLEN || length > FL_SCRATCH)
		return -1;
	return (int)bpf_skb_load_bytes(skb, 0, scratch->packet, length);
}

FL_INLINE int rewrite_store(struct __sk_buff *skb, struct fl_scratch *scratch,
			    __u32 length)
{
	FL_FORGET(length);
	if (length < ETH_HLEN || length > FL_SCRATCH)
		return -1;
	return (int)bpf_skb_store_bytes(skb, 0, scratch->packet, length, 0);
}

/*
 * One byte of the IP header, @at, becomes @to. A change of an IPv4 header
 * and that of its checksum cancel out in a sum over the packet.
 */
FL_INLINE int rewrite_ip_byte(struct __sk_buff *skb,
			      const struct fl_layout *layout, __u32 at,
			      __u8 mask, __u8 to)
{
	__u32 word = at & ~1u;
	__u8 pair[2], was[2];
	__u16 old, new;
	int err;

	err = (int)bpf_skb_load_bytes(skb, layout->ip + word, was, 2);
	if (err)
		return err;
	pair[0] = was[0];
	pair[1] = was[1];
	if (at & 1)
		pair[1] = (__u8)((was[1] & ~mask) | (to & mask));
	else
		pair[0] = (__u8)((was[0] & ~mask) | (to & mask));
	__builtin_memcpy(&old, was, 2);
	__builtin_memcpy(&new, pair, 2);
	if (layout->is_v6)
		return (int)bpf_skb_store_bytes(skb, layout->ip + word, pair, 2,
						BPF_F_RECOMPUTE_CSUM);
	err = (int)bpf_l3_csum_replace(skb, layout->ip + 10, old, new, 2);
	if (err)
		return err;
	return (int)bpf_skb_store_bytes(skb, layout->ip + word, pair, 2, 0);
}

/* DSCP and ECN: a byte of IPv4, and 4 bits each of two bytes of IPv6. */
FL_INLINE int rewrite_tos(struct __sk_buff *skb, const struct fl_layout *layout,
			  __u8 mask, __u8 tos)
{
	int err;

	if (!layout->is_v6)
		return rewrite_ip_byte(skb, layout, 1, mask, tos);
	err = rewrite_ip_byte(skb, layout, 0, mask >> 4, tos >> 4);
	if (err)
		return err;
	return rewrite_ip_byte(skb, layout, 1, (__u8)(mask << 4),
			       (__u8)(tos << 4));
}
