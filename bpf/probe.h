/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet of our own that goes through the holder, before a rule may send
 * others there: it must come back to its device whole. It never leaves by that
 * device nor comes up to the stack, because our program takes it off there.
 */
#pragma once

#include <linux/if_packet.h>

#include "holder.h"

/* Run from user space, on the frame in "control", for the side in skb->mark.
 * Whether it was given to the holder: enum hold_result. */
FL_INLINE int probe_send(struct __sk_buff *skb)
{
	__u32 side = skb->mark & 1;
	struct hold_ask ask = {
		.arrival_ns = clock_now_ns(),
		.id = HOLD_ID_NOBODY,
		.key = HOLD_KEY_OWN,
		.side = side,
	};
	enum hold_result result;

	/* What it is run for may have told it by an address that is none. */
	bpf_skb_change_type(skb, PACKET_HOST);
	ask.departure_ns = ask.arrival_ns + FL_PROBE_DELAY_NS;
	result = holder_is_ready(skb, side, ask.arrival_ns);
	if (result == HOLD_TAKEN)
		result = holder_give(skb, &ask);
	if (result == HOLD_TAKEN &&
	    bpf_clone_redirect(skb, control.out_device[side], 0))
		return HOLD_FULL;
	return result;
}

/* Whether the packet that came back is the probe: then it ends here. */
FL_GLOBAL int probe_is_back(struct __sk_buff *skb, __u32 side)
{
	/* The link header stays on the way. */
	const __u32 gone = config_layer3 ? ETH_HLEN : 0;
	__u64 frame[FL_PROBE_BYTES / 8], differs = 0;

	if (fl_likely(!control.probing) || skb->len != FL_PROBE_BYTES - gone)
		return 0;
	__builtin_memcpy(frame, control.probe, sizeof(frame));
	if (bpf_skb_load_bytes(skb, 0, (void *)frame + gone,
			       FL_PROBE_BYTES - gone))
		return 0;
	for (__u32 i = 0; i < FL_PROBE_BYTES / 8; i++)
		differs |= frame[i] ^ control.probe[i];
	if (differs || skb->pkt_type != PACKET_HOST)
		return 0;
	__sync_fetch_and_add(side == FL_IN ? &control.probes[FL_IN] :
					     &control.probes[FL_OUT],
			     1);
	return 1;
}
