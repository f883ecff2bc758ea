/* SPDX-License-Identifier: GPL-2.0-only */
/* Carrying out at tc what was decided: copies, answers, rewrites. */
#pragma once

#include <linux/pkt_cls.h>

#include "answer.h"
#include "corrupt.h"
#include "hold.h"
#include "work.h"

/*
 * Sends a copy ahead, the way that the packet goes. The mark is in a place
 * that only lives as long as the packet is with tc.
 */
FL_INLINE int effect_duplicate(struct __sk_buff *skb,
			       const struct fl_work *work)
{
	__u32 was[2] = { skb->cb[0], skb->cb[1] };
	int err = 0;

	ticket_mark(skb, TICKET_OURS);
	if (work->fate & FL_FATE(HOLD))
		err = hold_mark_copy(skb, work);
	if (err)
		replayed.copy_ns = FL_NEVER;
	else if (!config_replay)
		err = (int)bpf_clone_redirect(
			skb, skb->ifindex,
			work->side == FL_IN ? BPF_F_INGRESS : 0);
	skb->cb[0] = was[0];
	skb->cb[1] = was[1];
	return err;
}

FL_INLINE int effect_mangle(struct __sk_buff *skb,
			    const struct fl_layout *layout, __u64 fate)
{
	int err = 0;

	if (fate & FL_FATE(TTL))
		err = rewrite_ip_byte(skb, layout, layout->is_v6 ? 7 : 8, 0xff,
				      (__u8)FL_FATE_VALUE(TTL, fate));
	if (!err && fate & FL_FATE(DSCP))
		err = rewrite_tos(skb, layout, 0xfc,
				  (__u8)(FL_FATE_VALUE(DSCP, fate) << 2));
	return err;
}

/* What rewrites the packet that goes on. */
FL_INLINE void effect_rewrite(struct __sk_buff *skb,
			      const struct fl_layout *layout,
			      const struct fl_work *work)
{
	__u64 fate = work->fate;

	if (fate & (FL_FATE(TTL) | FL_FATE(DSCP)) &&
	    effect_mangle(skb, layout, fate))
		verdict_skip(FL_EFFECT_MANGLED, work->id, work->side,
			     work->index);
	if (fate & FL_FATE(MARK) && rewrite_tos(skb, layout, 3, FL_ECN_CE))
		verdict_skip(FL_EFFECT_MARKED, work->id, work->side,
			     work->index);
	if (fate & FL_FATE(CORRUPT) &&
	    corrupt_packet(skb, layout, fate,
			   (__u32)fl_category_draw(work->draw,
						   FL_CATEGORY_CORRUPT)))
		verdict_skip(FL_EFFECT_CORRUPTED, work->id, work->side,
			     work->index);
}

/* Back to the sender, or lost where that cannot be. */
FL_INLINE int effect_answer(struct __sk_buff *skb,
			    const struct fl_layout *layout,
			    const struct fl_work *work)
{
	if (answer_packet(skb, layout)) {
		if (config_replay)
			replayed.fate = FL_REASON_DROPPED;
		verdict_skip(FL_EFFECTS, work->id, work->side, work->index);
		return tc_lose(work->side);
	}
	if (config_replay)
		return TC_ACT_SHOT;
	ticket_mark(skb, TICKET_OURS);
	return (int)bpf_redirect(skb->ifindex,
				 work->side == FL_OUT ? BPF_F_INGRESS : 0);
}

/* Does what is to be done at once. What tc is to do with the packet. */
FL_GLOBAL int effect_carry_out(struct __sk_buff *skb,
			       const struct fl_work *work)
{
	struct fl_layout layout = {};
	struct fl_work rest;

	if (!work)
		return TC_ACT_UNSPEC;
	if (skb_may_be_shared(skb, work->side & 1) && !config_replay)
		return work_skip(work);
	if (work->fate & FL_FATE(DUPLICATE) && effect_duplicate(skb, work))
		verdict_skip(FL_EFFECT_DUPLICATED, work->id, work->side,
			     work->index);
	/* An answer, or a packet that is rewritten, is looked at once more. */
	if (!(work->fate & (FL_FATE_REASON | fl_fates_of(FL_WORK_REWRITE))))
		return TC_ACT_UNSPEC;
	if (!skb_layout(skb, &layout)) {
		rest = *work;
		rest.fate &= ~fl_fates_of(FL_WORK_COPY);
		return work_skip(&rest);
	}
	if ((work->fate & FL_FATE_REASON) == FL_REASON_REJECTED)
		return effect_answer(skb, &layout, work);
	effect_rewrite(skb, &layout, work);
	return TC_ACT_UNSPEC;
}

/* The whole of it: the packet goes on now, later, or not at all. */
FL_INLINE int effect_run(struct __sk_buff *skb, const struct fl_work *work)
{
	int action = TC_ACT_UNSPEC;

	if (work->fate & ~FL_FATE(HOLD))
		action = effect_carry_out(skb, work);
	if (action == TC_ACT_UNSPEC && work->fate & FL_FATE(HOLD))
		action = hold_packet(skb, work);
	return action;
}

/* The program of its own: what an entry has handed over. */
FL_INLINE int effect_enter(struct __sk_buff *skb)
{
	struct fl_work work;

	if (!work_take(&work))
		return TC_ACT_UNSPEC;
	if (work.id == HOLD_ID_NOBODY)
		return hold_copy(skb, work.side & 1);
	return effect_run(skb, &work);
}
