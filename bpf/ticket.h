/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How our programs know what comes from each other: a ticket from XDP to tc
 * ingress, and a mark on the copies and answers that we send.
 */
#pragma once

#include <faultline/ticket.h>

#include "verdict.h"

FL_INLINE __u32 ticket_magic(__u32 word)
{
	return fl_ticket_magic(config_seed, word);
}

/* What was decided, but cannot be done. */
FL_GLOBAL int ticket_skip(const struct fl_work *work)
{
	__u32 effects;

	if (!work)
		return 0;
	effects = fl_fate_effects(work->fate);
	if ((work->fate & FL_FATE_REASON) == FL_REASON_REJECTED)
		verdict_skip(FL_EFFECTS, work->id, work->side, work->index);
	for (__u32 i = 0; i < FL_EFFECTS; i++)
		if (effects >> i & 1 && i != FL_EFFECT_NOT_ECT)
			verdict_skip(i, work->id, work->side, work->index);
	return 0;
}

enum ticket_kind {
	TICKET_STRANGER,
	TICKET_OURS, /* to be let go */
	TICKET_COPY, /* to be held until the time in cb[2..3] */
};

FL_INLINE void ticket_mark(struct __sk_buff *skb, enum ticket_kind kind)
{
	skb->cb[0] = ticket_magic(0);
	skb->cb[1] = ticket_magic(1) + kind;
}

/* Whether the packet is one that we sent ourselves; asked only once. */
FL_INLINE enum ticket_kind ticket_kind(struct __sk_buff *skb)
{
	__u32 kind;

	if (fl_likely(skb->cb[0] != ticket_magic(0)))
		return TICKET_STRANGER;
	kind = skb->cb[1] - ticket_magic(1);
	if (kind != TICKET_OURS && kind != TICKET_COPY)
		return TICKET_STRANGER;
	skb->cb[0] = 0;
	return (enum ticket_kind)kind;
}
