/* SPDX-License-Identifier: GPL-2.0-only */
/* The tc door: the only file that knows struct __sk_buff. */
#pragma once

#include <linux/pkt_cls.h>

#include "verdict.h"

/* Headers may lie beyond the linear part of the buffer: enough for tags,
 * IPv6, and eight modest extension headers. */
#define FL_TC_PULL 256

FL_INLINE void tc_frame(struct __sk_buff *skb, struct fl_frame *frame)
{
	frame->data = (void *)(long)skb->data;
	frame->end = (void *)(long)skb->data_end;
	frame->length = skb->len;
	frame->vlan = skb->vlan_present ? skb->vlan_tci & 0xfff : FL_VLAN_NONE;
	frame->layer3_proto = config_layer3 ? bpf_ntohs((__be16)skb->protocol) :
					      0;
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

FL_INLINE int tc_run(struct __sk_buff *skb, __u32 side)
{
	struct fl_size size = {
		.bytes = skb->len,
		.segments = skb->gso_segs ? skb->gso_segs : 1,
	};
	struct fl_parsed packet;
	struct fl_frame frame;
	__u32 reason;
	int result;

	tc_frame(skb, &frame);
	result = parse_frame(&frame, &packet);
	if (fl_unlikely(result == FL_PARSE_SHORT)) {
		__u32 want = skb->len < FL_TC_PULL ? skb->len : FL_TC_PULL;

		if (!bpf_skb_pull_data(skb, want)) {
			tc_frame(skb, &frame);
			result = parse_frame(&frame, &packet);
		}
	}
	if (result == FL_PARSE_IP && packet.offset + packet.length > skb->len)
		result = FL_PARSE_UNPARSED;
	reason = verdict_frame(result, &packet, side, &size);
	if (fl_likely(reason == FL_REASON_PASSED))
		return TC_ACT_UNSPEC;	/* filters after us still run */
	return reason == FL_REASON_FAILED ? TC_ACT_SHOT : tc_lose(side);
}
