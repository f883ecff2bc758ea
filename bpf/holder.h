/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving a packet to whoever keeps it until it departs, and taking it back.
 * Each holder of holders.def has functions of its own, of which the verifier
 * leaves only those of config_holder.
 */
#pragma once

#include "holder_fq.h"
#include "holder_process.h"
#include "holding.h"
#include "skb.h"

/*
 * A tcx program moves to another network namespace with its device, where our
 * devices are not, nor, as their numbers are drawn, anybody else's of that
 * number: what is redirected there would be lost.
 */
FL_INLINE int holder_is_there(struct __sk_buff *skb, __u32 to)
{
	__u32 mtu = 0;

	return to && (!config_tcx || bpf_check_mtu(skb, to, &mtu, 0, 0) >= 0);
}

/*
 * Whether the holder is there (HOLD_TAKEN: it is) and has room. Asked before
 * the departure is computed: a packet that does not wait must not take up the
 * link of those that do.
 */
FL_INLINE enum hold_result holder_is_ready(struct __sk_buff *skb, __u32 side,
					   __u64 now)
{
	__u32 to = control.out_device[side & 1];

	if (config_replay)
		return HOLD_TAKEN;
	if (!holder_is_there(skb, to))
		return HOLD_NOBODY;
#define HOLDER(id, name, word, waits)        \
	if (config_holder == FL_HOLDER_##id) \
		return name##_is_ready(skb, side, to, now);
#include <faultline/holders.def>
#undef HOLDER
	return HOLD_NOBODY;
}

/*
 * Our devices are Ethernet: puts a link header in front of a packet that has
 * none. What is redirected back to a device without loses it again. Once it is
 * there the packet cannot go on as it is.
 */
FL_INLINE int holder_frame(struct __sk_buff *skb)
{
	__be16 proto = (__be16)skb->protocol;
	int err;

	if (!config_layer3 || tc_has_link(skb))
		return 0;
	err = (int)bpf_skb_change_head(skb, ETH_HLEN, 0);
	return err ? err :
		     (int)bpf_skb_store_bytes(skb, 2 * ETH_ALEN, &proto,
					      sizeof(proto), 0);
}

FL_INLINE enum hold_result holder_give_frame(struct __sk_buff *skb,
					     const struct hold_ask *ask)
{
#define HOLDER(id, name, word, waits)        \
	if (config_holder == FL_HOLDER_##id) \
		return name##_give(skb, ask);
#include <faultline/holders.def>
#undef HOLDER
	return HOLD_NOBODY;
}

/* Prepares the packet for its way to the holder. */
FL_INLINE enum hold_result holder_give(struct __sk_buff *skb,
				       const struct hold_ask *ask)
{
	enum hold_result result;

	if (config_replay) {
		replayed.departure_ns = ask->departure_ns;
		replayed.id = ask->id;
		return HOLD_TAKEN;
	}
	if (holder_frame(skb))
		return HOLD_NOBODY;
	result = holder_give_frame(skb, ask);
	return config_layer3 && result == HOLD_NOBODY ? HOLD_FULL : result;
}

/* The packet leaves by another way, without a word to the sender. */
FL_INLINE int holder_taken(const struct hold_ask *ask, enum hold_result result)
{
	if (config_replay)
		return TC_ACT_UNSPEC;
	if (result == HOLD_TAKEN)
		return (int)bpf_redirect(control.out_device[ask->side & 1], 0);
	return config_tcx ? (int)bpf_redirect(0, 0) : TC_ACT_STOLEN;
}

/* It comes back; 0: it is another's packet, which has strayed here. */
FL_INLINE int holder_back(struct __sk_buff *skb, __u32 side)
{
#define HOLDER(id, name, word, waits)        \
	if (config_holder == FL_HOLDER_##id) \
		return name##_back(skb, side);
#include <faultline/holders.def>
#undef HOLDER
	return 0;
}
