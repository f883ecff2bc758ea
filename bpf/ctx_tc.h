/* SPDX-License-Identifier: GPL-2.0-only */
/* The tc door: what comes in by it, and what a verdict means there. */
#pragma once

#include <linux/pkt_cls.h>

#include "probe.h"
#include "wire.h"
#include "work.h"

/* A packet that we sent ourselves comes by: a copy may have to be held. */
FL_INLINE int tc_run_ours(struct __sk_buff *skb, __u32 side,
			  enum ticket_kind kind)
{
	const struct fl_work work = {
		.fate = FL_FATE(HOLD),
		.id = HOLD_ID_NOBODY,
		.side = side,
	};

	if (kind == TICKET_COPY)
		return work_give(skb, &work);
	return probe_is_back(skb, side) ? tc_lose(side) : TC_ACT_UNSPEC;
}

/* How many packets the buffer stands for; @packet becomes the first of them if
 * the parser knew it. Who brings in aggregates of others (tap, virtio) does not
 * say how many. */
FL_INLINE __u32 tc_split(struct __sk_buff *skb, int result,
			 struct fl_parsed *packet)
{
	__u32 size = skb->gso_size, count = skb->gso_segs;

	if (fl_likely(!size))
		return 1;
	if (result == FL_PARSE_IP)
		return wire_split(skb, packet, size, count);
	return count ? count : fl_wire_count(skb->len, size);
}

FL_INLINE int tc_run(struct __sk_buff *skb, __u32 side)
{
	struct fl_size size = { .bytes = skb_wire_length(skb) };
	struct fl_parsed packet;
	struct fl_work work;
	__u64 reason;
	int result;

	enum ticket_kind kind = ticket_kind(skb);

	if (fl_unlikely(kind))
		return tc_run_ours(skb, side, kind);
	result = tc_parse(skb, &packet);
	size.segments = tc_split(skb, result, &packet);
	verdict_frame(result, &packet, side, &size, &work);
	if (fl_likely(work.fate == FL_REASON_PASSED))
		return TC_ACT_UNSPEC; /* filters after us still run */
	if (config_replay) {
		replayed.fate = work.fate;
		replayed.departure_ns = replayed.copy_ns = replayed.now_ns;
	}
	reason = work.fate & FL_FATE_REASON;
	if (reason == FL_REASON_FAILED)
		return TC_ACT_SHOT;
	if (reason == FL_REASON_DROPPED)
		return tc_lose(side);
	return work_give(skb, &work);
}

/* At ingress behind our XDP program: does what its ticket says. */
FL_INLINE int tc_run_ticket(struct __sk_buff *skb)
{
	struct fl_ticket *ticket = (void *)(long)skb->data_meta;
	enum ticket_kind kind = ticket_kind(skb);
	struct fl_work work;

	if (fl_unlikely(kind))
		return tc_run_ours(skb, FL_IN, kind);
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
	return work_give(skb, &work);
}
