/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The work that a fate leaves, from the entry at tc that decided it, or found
 * the ticket, to the program that does it. That is large and seldom needed, so
 * it is loaded by the first rule which needs it (user/device/load.c), and
 * reached by a tail call.
 */
#pragma once

#include "holding.h"
#include "skb.h"

/* Nothing of it can be done; what cannot be answered is lost all the same. */
FL_INLINE int work_skip(const struct fl_work *work)
{
	ticket_skip(work);
	return (work->fate & FL_FATE_REASON) == FL_REASON_REJECTED ?
		       tc_lose(work->side) :
		       TC_ACT_UNSPEC;
}

/* The same where nobody is there to hold the packet, either. */
FL_INLINE int work_skip_all(const struct fl_work *work)
{
	if (work->fate & FL_FATE(HOLD)) {
		verdict_move(work->id, work->side, FL_REASON_HELD,
			     FL_REASON_PASSED);
		verdict_count_effect(FL_EFFECT_SKIPPED, work->id, work->side,
				     work->index);
	}
	return work_skip(work);
}

/* Does not come back when the program is there. Only for entries. */
FL_INLINE int work_give(struct __sk_buff *skb, const struct fl_work *work)
{
	struct fl_scratch *scratch = map_scratch();

	if (scratch) {
		scratch->work = *work;
		bpf_tail_call(skb, &tails, FL_TAIL_EFFECT);
	}
	return work_skip_all(work);
}

/* First of all: what we send may come by an entry, and overwrite it. */
FL_INLINE int work_take(struct fl_work *work)
{
	const struct fl_scratch *scratch = map_scratch();

	if (!scratch)
		return 0;
	*work = scratch->work;
	return 1;
}
