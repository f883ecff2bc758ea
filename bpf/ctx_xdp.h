/* SPDX-License-Identifier: GPL-2.0-only */
/* The XDP door: the only file that knows struct xdp_md. */
#pragma once

#include <faultline/wire.h>

#include "ticket.h"

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

/*
 * XDP can neither copy nor answer a packet, and what it rewrites a NIC may
 * have called good already: the program at tc ingress does it, by a ticket in
 * front of the packet.
 */
FL_INLINE int xdp_hand_over(struct xdp_md *ctx, const struct fl_work *work)
{
	struct fl_ticket *ticket;

	if (!bpf_xdp_adjust_meta(ctx, -(int)sizeof(*ticket))) {
		ticket = (void *)(long)ctx->data_meta;
		if ((void *)(ticket + 1) <= (void *)(long)ctx->data) {
			ticket->magic = ticket_magic(0);
			ticket->fate = work->fate;
			ticket->draw = work->draw;
			ticket->index = work->index;
			ticket->id = work->id;
			return XDP_PASS;
		}
	}
	control.no_tickets = 1;
	ticket_skip(work);
	if (work->fate & FL_FATE(HOLD)) {
		verdict_move(work->id, work->side, FL_REASON_HELD,
			     FL_REASON_PASSED);
		verdict_count_effect(FL_EFFECT_SKIPPED, work->id, work->side,
				     work->index);
	}
	return (work->fate & FL_FATE_REASON) == FL_REASON_PASSED ? XDP_PASS :
								   XDP_DROP;
}

/* Generic XDP gets aggregates, and is not told of it: how many packets the
 * frame stands for, at least. */
FL_INLINE __u32 xdp_split(struct xdp_md *ctx, int result,
			  struct fl_parsed *packet)
{
	__u32 mtu;

	if (!config_generic || result != FL_PARSE_IP)
		return 1;
	mtu = packet->length;
	if (bpf_check_mtu(ctx, 0, &mtu, 0, 0) != BPF_MTU_CHK_RET_FRAG_NEEDED)
		return 1;
	return fl_wire_guess(packet, mtu);
}

FL_INLINE int xdp_run(struct xdp_md *ctx)
{
	struct fl_frame frame = {
		.data = (void *)(long)ctx->data,
		.end = (void *)(long)ctx->data_end,
		.vlan = FL_VLAN_NONE,
	};
	struct fl_size size;
	struct fl_parsed packet;
	struct fl_work work;
	int result = parse_frame(&frame, &packet);
	__u64 reason;

	size.bytes = xdp_length(ctx, &frame, result, &packet);
	if (result == FL_PARSE_IP && packet.offset + packet.length > size.bytes)
		result = FL_PARSE_UNPARSED;
	size.segments = xdp_split(ctx, result, &packet);
	verdict_frame(result, &packet, FL_IN, &size, &work);
	if (fl_likely(work.fate == FL_REASON_PASSED))
		return XDP_PASS;
	reason = work.fate & FL_FATE_REASON;
	if (reason == FL_REASON_DROPPED || reason == FL_REASON_FAILED)
		return XDP_DROP;
	return xdp_hand_over(ctx, &work);
}
