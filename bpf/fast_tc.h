/* SPDX-License-Identifier: GPL-2.0-only */
/* The short way at tc. */
#pragma once

#include "ctx_tc.h"
#include "fast.h"

/* Whether the buffer is one plain frame from somebody else, as long as its IP
 * header says, or padded to the least that Ethernet sends. */
FL_INLINE int fast_tc_is_plain(struct __sk_buff *skb, __u32 *bytes)
{
	__u32 length = skb->len;

	if (fl_unlikely(*bytes < ETH_ZLEN) && length == ETH_ZLEN)
		*bytes = ETH_ZLEN;
	return length == *bytes && !skb->gso_size && !skb->vlan_present &&
	       skb->cb[0] != ticket_magic(0);
}

/* To the program that holds; where it is missing the packet passes. */
FL_GLOBAL int fast_tc_skip(void)
{
	struct fl_work work;

	return work_take(&work) ? work_skip_all(&work) : TC_ACT_UNSPEC;
}

FL_INLINE int fast_tc_end(struct __sk_buff *skb, __u32 side, int verdict)
{
	if (fl_likely(verdict == FAST_PASS))
		return TC_ACT_UNSPEC;
	if (verdict == FAST_DROP)
		return tc_lose(side);
	bpf_tail_call(skb, &tails, FL_TAIL_EFFECT);
	return fast_tc_skip();
}

/* A packet of ours that goes on, as each does that was held. */
FL_INLINE int fast_tc_is_ours(struct __sk_buff *skb)
{
	if (fl_likely(skb->cb[0] != ticket_magic(0)) ||
	    skb->cb[1] != ticket_magic(1) + TICKET_OURS || control.probing)
		return 0;
	skb->cb[0] = 0;
	return 1;
}

FL_INLINE int fast_tc_run(struct __sk_buff *skb, __u32 side)
{
	struct fl_key key;
	__u32 bytes;

	if (config_layer3)
		return FAST_SLOW;
	bytes = fast_parse((void *)(long)skb->data, (void *)(long)skb->data_end,
			   side, &key);
	if (!bytes || !fast_tc_is_plain(skb, &bytes))
		return FAST_SLOW;
	return fast_run(&key, bytes, side);
}
