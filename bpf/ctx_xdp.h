/* SPDX-License-Identifier: GPL-2.0-only */
/* The XDP door: the only file that knows struct xdp_md. */
#pragma once

#include "verdict.h"

/*
 * Length of the frame. Subtracting packet pointers needs CAP_PERFMON and the
 * helper costs 7 ns, so first see whether the frame ends where the IP header
 * says: two comparisons.
 */
FL_INLINE __u32 xdp_length(struct xdp_md *ctx, const struct fl_frame *frame,
			   int result, const struct fl_parsed *packet)
{
	if (fl_likely(result == FL_PARSE_IP)) {
		__u32 length = packet->offset + packet->length;

		if (length <= 0xffff) {
			void *last = frame->data + length;

			if (last <= frame->end && last + 1 > frame->end)
				return length;
		}
	}
	return (__u32)bpf_xdp_get_buff_len(ctx);
}

FL_INLINE int xdp_run(struct xdp_md *ctx)
{
	struct fl_frame frame = {
		.data = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
		.vlan = FL_VLAN_NONE,
	};
	struct fl_size size = { .segments = 1 };
	struct fl_parsed packet;
	int result = parse_frame(&frame, &packet);

	size.bytes = xdp_length(ctx, &frame, result, &packet);
	if (result == FL_PARSE_IP &&
	    packet.offset + packet.length > size.bytes)
		result = FL_PARSE_UNPARSED;
	return verdict_frame(result, &packet, FL_IN, &size) ==
			       FL_REASON_PASSED ?
		       XDP_PASS : XDP_DROP;
}
