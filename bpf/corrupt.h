/* SPDX-License-Identifier: GPL-2.0-only */
/* Turning over one bit, seen by a checksum or by none. Returns 0 when done. */
#pragma once

#include "rewrite.h"

/* A bit of the packet. */
struct fl_bit {
	__u32 at; /* its byte, from the start of the buffer */
	__u8 mask;
};

/*
 * Which bit. Of IPv6 not one of the first 8 bytes, nor of extension headers:
 * they are under no checksum, or the packet never reaches one.
 */
FL_INLINE int corrupt_choose(const struct fl_layout *layout, __u64 fate,
			     __u32 draw, struct fl_bit *bit)
{
	__u32 low = layout->ip, high = layout->end, at;
	__u32 gap = layout->upper, gap_length = 0;

	if (layout->is_v6) {
		low += 8;
		gap = layout->ip + sizeof(struct ipv6hdr);
		gap_length = layout->upper - gap;
	}
	if (fate & FL_FATE(HEADERS))
		high = layout->payload;
	if (fate & FL_FATE(PAYLOAD)) {
		low = layout->payload;
		gap_length = 0;
	}
	if (low + gap_length >= high || high > layout->end)
		return -1;
	at = (__u32)(((__u64)draw * (high - low - gap_length) * 8) >> 32);
	bit->at = low + at / 8;
	bit->mask = (__u8)(1u << (at & 7));
	if (bit->at >= gap)
		bit->at += gap_length;
	return 0;
}

FL_INLINE int corrupt_flip(struct __sk_buff *skb, const struct fl_bit *bit,
			   __u64 flags)
{
	__u8 byte = 0;
	int err = (int)bpf_skb_load_bytes(skb, bit->at, &byte, 1);

	if (err)
		return err;
	byte ^= bit->mask;
	return (int)bpf_skb_store_bytes(skb, bit->at, &byte, 1, flags);
}

/* SCTP's CRC cannot be mended so, and a fragment's is elsewhere. */
FL_INLINE int corrupt_cannot_mend(const struct fl_layout *layout)
{
	return layout->proto == IPPROTO_SCTP || !layout->proto;
}

/* Whether the pair of bytes with the bit goes past @known bytes that do not
 * hold the whole packet. */
FL_INLINE int corrupt_is_beyond(const struct fl_layout *layout,
				const struct fl_bit *bit, __u32 known)
{
	return known < layout->end && bit->at + 2 > known;
}

/* With the checksum made good. A pending one will be, by whoever fills it
 * in: bpf_l4_csum_replace() knows. */
FL_INLINE int corrupt_silently(struct __sk_buff *skb,
			       const struct fl_layout *layout,
			       const struct fl_bit *bit)
{
	__u32 odd = (bit->at - layout->upper) & 1, word = bit->at - odd;
	__u64 flags = layout->proto == IPPROTO_UDP ? BPF_F_MARK_MANGLED_0 : 0;
	__u8 pair[2] = { 0, 0 };
	__u16 from, to;
	int err;

	if (corrupt_cannot_mend(layout))
		return -1;
	if (layout->sum) {
		if (word + 1 < layout->end)
			err = (int)bpf_skb_load_bytes(skb, word, pair, 2);
		else
			err = (int)bpf_skb_load_bytes(skb, word, pair, 1);
		if (err)
			return err;
		__builtin_memcpy(&from, pair, 2);
		if (odd)
			pair[1] ^= bit->mask;
		else
			pair[0] ^= bit->mask;
		__builtin_memcpy(&to, pair, 2);
		err = (int)bpf_l4_csum_replace(skb, layout->sum, from, to,
					       2 | flags);
		if (err)
			return err;
	}
	return corrupt_flip(skb, bit, layout->sum ? 0 : BPF_F_RECOMPUTE_CSUM);
}

/*
 * Whether the checksum is still to be filled in. The kernel does not say, but
 * bpf_l4_csum_replace() leaves such a field alone. Negative: cannot tell.
 */
FL_INLINE int corrupt_is_pending(struct __sk_buff *skb,
				 const struct fl_layout *layout)
{
	__u16 before = 0, after = 0;

	if (layout->proto != IPPROTO_TCP && layout->proto != IPPROTO_UDP)
		return 0;
	if (bpf_skb_load_bytes(skb, layout->sum, &before, 2) ||
	    bpf_l4_csum_replace(skb, layout->sum, 0, 1, 2) ||
	    bpf_skb_load_bytes(skb, layout->sum, &after, 2))
		return -1;
	if (before == after)
		return 1;
	return bpf_skb_store_bytes(skb, layout->sum, &before, 2, 0) ? -1 : 0;
}

/* Fills the checksum in, and only then turns the bit over. */
FL_INLINE int corrupt_completed(struct __sk_buff *skb,
				const struct fl_layout *layout,
				const struct fl_bit *bit)
{
	__u32 length = skb->len, at = bit->at, sum_at = layout->sum;
	struct fl_scratch *scratch = map_scratch();
	__u16 sum;
	int err;

	if (!scratch || rewrite_load(skb, scratch, length))
		return -1;
	sum = rewrite_fold(rewrite_sum(scratch, layout->upper, layout->end));
	if (!sum && layout->proto == IPPROTO_UDP)
		sum = 0xffff;
	FL_FORGET(sum_at);
	FL_FORGET(at);
	if (sum_at >= FL_SCRATCH || at >= FL_SCRATCH)
		return -1;
	/* Said again: before 6.10 a check of one copy does not bound others. */
	FL_FORGET(sum_at);
	FL_FORGET(at);
	sum_at &= FL_SCRATCH - 1;
	at &= FL_SCRATCH - 1;
	__builtin_memcpy(&scratch->packet[sum_at], &sum, 2);
	scratch->packet[at] ^= bit->mask;
	err = rewrite_plain(skb, length, layout->upper);
	if (err)
		return err;
	return rewrite_store(skb, scratch, length);
}

/* So that the receiver's checksum tells. */
FL_INLINE int corrupt_openly(struct __sk_buff *skb,
			     const struct fl_layout *layout,
			     const struct fl_bit *bit)
{
	int pending, err;

	/* The segments' checksums are made later, each for itself. */
	if (skb->gso_size)
		return -1;
	pending = corrupt_is_pending(skb, layout);
	if (pending < 0)
		return pending;
	if (pending)
		return corrupt_completed(skb, layout, bit);
	err = corrupt_flip(skb, bit, BPF_F_RECOMPUTE_CSUM);
	bpf_csum_level(skb, BPF_CSUM_LEVEL_RESET);
	return err;
}

/* Of a long packet in a capture the program sees the head. Says to user space,
 * which has the rest, what to do there. */
FL_INLINE int corrupt_beyond(const struct fl_layout *layout, __u64 fate,
			     const struct fl_bit *bit)
{
	int silent = !!(fate & FL_FATE(SILENT));

	if (corrupt_is_beyond(layout, bit, replayed.captured))
		return -1;
	if (silent && corrupt_cannot_mend(layout))
		return -1;
	replayed.flip.at = bit->at;
	replayed.flip.mask = bit->mask;
	replayed.flip.upper = layout->upper;
	replayed.flip.sum = silent ? layout->sum : 0;
	replayed.flip.sum_is_optional = layout->proto == IPPROTO_UDP;
	return 0;
}

FL_GLOBAL int corrupt_packet(struct __sk_buff *skb,
			     const struct fl_layout *layout, __u64 fate,
			     __u32 draw)
{
	struct fl_bit bit;

	if (!layout || corrupt_choose(layout, fate, draw, &bit))
		return -1;
	if (config_replay && corrupt_is_beyond(layout, &bit, skb->len))
		return corrupt_beyond(layout, fate, &bit);
	return fate & FL_FATE(SILENT) ? corrupt_silently(skb, layout, &bit) :
					corrupt_openly(skb, layout, &bit);
}
