/* SPDX-License-Identifier: GPL-2.0-only */
/* The tc door: what comes in by it, and what a verdict means there. */
#pragma once

#include <linux/pkt_cls.h>

#include "effect.h"

FL_INLINE int tc_run(struct __sk_buff *skb, __u32 side)
{
	struct fl_size size = {
		.bytes = skb->len,
		.segments = skb->gso_segs ? skb->gso_segs : 1,
	};
	struct fl_parsed packet;
	struct fl_work work;
	__u32 reason;
	int result;

	if (fl_unlikely(ticket_is_ours(skb)))
		return TC_ACT_UNSPEC;
	result = tc_parse(skb, &packet);
	verdict_frame(result, &packet, side, &size, &work);
	if (fl_likely(work.fate == FL_REASON_PASSED))
		return TC_ACT_UNSPEC;	/* filters after us still run */
	if (config_replay)
		replayed_fate = work.fate;
	reason = work.fate & FL_FATE_REASON;
	if (reason == FL_REASON_FAILED)
		return TC_ACT_SHOT;
	if (reason == FL_REASON_DROPPED)
		return tc_lose(side);
	return effect_carry_out(skb, &work);
}

/* At ingress behind our XDP program: does what its ticket says. */
FL_INLINE int tc_run_ticket(struct __sk_buff *skb)
{
	struct fl_ticket *ticket = (void *)(long)skb->data_meta;
	struct fl_work work;

	if ((void *)(ticket + 1) > (void *)(long)skb->data ||
	    ticket->magic != ticket_magic(0))
		return TC_ACT_UNSPEC;
	work.fate = ticket->fate;
	work.draw = ticket->draw;
	work.index = ticket->index;
	work.id = ticket->id;
	work.side = FL_IN;
	/* Torn up: a copy must not find it again. */
	ticket->magic = 0;
	if (fl_unlikely(ticket_is_ours(skb)))
		return TC_ACT_UNSPEC;
	return effect_carry_out(skb, &work);
}
