/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a packet goes on, and all that has to be counted of it. At tc, in both
 * directions: see docs/architecture.md, "Holding".
 */
#pragma once

#include <faultline/depart.h>

#include "holder.h"
#include "rewrite.h"

/* Paced further ahead than this it must be another clock's time. */
#define HOLD_PACED_MAX_NS 10000000000ull

/* A sender that paces has said when the packet would go. */
FL_INLINE __u64 hold_arrival(struct __sk_buff *skb, __u32 side, __u64 now)
{
	__u64 paced = skb->tstamp;

	return side == FL_OUT && paced > now &&
			       paced < now + HOLD_PACED_MAX_NS ?
		       paced :
		       now;
}

FL_INLINE __u32 hold_ecn(struct __sk_buff *skb)
{
	struct fl_parsed packet = {};

	return tc_parse_cold(skb, &packet) == FL_PARSE_IP ? packet.tos & 3 : 0;
}

/* Whether as many of the rule's packets are held as may be; half as many
 * are a reason to mark. */
FL_INLINE int hold_is_full(struct fl_holding *holding, __u64 now, __u32 packets)
{
	/* Packets that got lost on the way would count for ever. */
	if (holding->held && now > holding->last_ns + HOLD_QUIET_NS)
		holding->held = 0;
	return holding->held >= packets;
}

/* enum fl_depart_result. */
FL_INLINE int hold_depart(const struct fl_timing *timing,
			  const struct fl_depart_in *in, __u32 id, __u32 side,
			  struct fl_depart *out)
{
	struct fl_line *line;
	int result;

	if (!(timing->flags & FL_TIMING_LINE))
		return fl_depart_alone(timing, distributions, in, out);
	line = map_line(id, side);
	if (!line)
		return FL_DEPART_AHEAD;
	bpf_spin_lock(&line->lock);
	result = fl_depart(timing, distributions, in, line, out);
	bpf_spin_unlock(&line->lock);
	return result;
}

/* Not before the last packet of its flow. Two CPUs with packets of one flow
 * at the same moment have no order to keep. */
FL_INLINE __u64 hold_in_order(__u32 index, __u32 side, __u64 departure_ns)
{
	struct fl_flow_held *held = map_flow_held(index);
	__u64 *last, was;

	if (!held)
		return departure_ns;
	FL_FORGET(held);
	last = side == FL_IN ? &held->last_ns[FL_IN] : &held->last_ns[FL_OUT];
	for (__u32 i = 0; i < 4; i++) {
		was = *(volatile __u64 *)last;
		if (was >= departure_ns)
			return was;
		if (__sync_val_compare_and_swap(last, was, departure_ns) == was)
			break;
	}
	return departure_ns;
}

/* What fq calls a flow: it wakes one for its first packet only, so that
 * packets which may overtake each other must not be in the same. */
FL_INLINE __u32 hold_key(const struct fl_timing *timing,
			 const struct fl_work *work)
{
	if (timing->flags & FL_TIMING_SPREAD)
		return (__u32)fl_mix64(work->draw + 1) | HOLD_KEY_OWN;
	if (timing->flags & FL_TIMING_ORDERED)
		return work->index | HOLD_KEY_OWN;
	return work->id;
}

/* The rule's own count of what it holds; before the packet is given away, so
 * that its release finds it. */
FL_INLINE void hold_count(struct fl_holding *holding, __u64 departure_ns)
{
	__sync_fetch_and_add(&holding->held, 1);
	if (departure_ns > holding->last_ns)
		holding->last_ns = departure_ns;
}

/* Of an aggregate: with the headers of all its segments. */
FL_INLINE __u32 hold_bytes(struct __sk_buff *skb)
{
	__u32 length = skb_wire_length(skb);

	return skb->wire_len > length ? skb->wire_len : length;
}

/* What fl_depart() says, and what is the caller's of it: enum
 * fl_depart_result. */
FL_INLINE int hold_plan(struct __sk_buff *skb, const struct fl_work *work,
			const struct fl_timing *timing,
			struct fl_holding *holding, __u64 now,
			struct hold_ask *ask, __u32 *mark)
{
	__u32 packets = timing->queue.packets, side = work->side & 1;
	struct fl_depart_in in = {
		.now_ns = hold_arrival(skb, side, now),
		.draw = work->draw,
		.bytes = hold_bytes(skb),
		.ecn = timing->queue.ecn ? hold_ecn(skb) : 0,
	};
	struct fl_depart out;
	int result;

	ask->arrival_ns = in.now_ns;
	if (packets && hold_is_full(holding, now, packets))
		return FL_DEPART_OVERFLOW;
	result = hold_depart(timing, &in, work->id, side, &out);
	*mark = out.mark || (packets && timing->queue.ecn && in.ecn &&
			     holding->held >= packets / 2);
	if (timing->flags & FL_TIMING_ORDERED && result == FL_DEPART_HELD)
		out.departure_ns = hold_in_order(work->index, side,
						 out.departure_ns);
	ask->departure_ns = out.departure_ns;
	return result;
}

/* Congestion Experienced, of a packet that a queue would rather not have. */
FL_INLINE void hold_mark(struct __sk_buff *skb, const struct fl_work *work)
{
	struct fl_layout layout = {};

	if (skb_layout(skb, &layout) &&
	    !rewrite_tos(skb, &layout, 3, FL_ECN_CE))
		verdict_count_effect(FL_EFFECT_MARKED, work->id, work->side,
				     work->index);
}

/* Of a packet that the holder has. */
FL_INLINE void hold_count_delayed(const struct fl_work *work)
{
	struct fl_counters *counters = map_counters(work->id, work->side & 1);
	struct fl_flow_held *flow = map_flow_held(work->index);
	struct fl_tally *tally;

	if (counters)
		counters->effect[FL_EFFECT_DELAYED]++;
	if (flow) {
		__sync_fetch_and_add(&flow->delayed[work->side & 1], 1);
		return;
	}
	tally = map_tally(work->side & 1);
	if (tally)
		tally->untracked_effect[FL_EFFECT_DELAYED]++;
}

/* As if nothing had been asked; @effect says what became of it instead. */
FL_INLINE int hold_pass(const struct fl_work *work, enum fl_effect effect)
{
	verdict_move(work->id, work->side, FL_REASON_HELD, FL_REASON_PASSED);
	verdict_count_effect(effect, work->id, work->side, work->index);
	return TC_ACT_UNSPEC;
}

FL_INLINE int hold_refuse(const struct fl_work *work)
{
	if (config_replay)
		replayed.fate = (replayed.fate & FL_FATE(DUPLICATE)) |
				FL_REASON_OVERFLOW;
	verdict_overflow(work->id, work->side, work->index);
	return tc_lose(work->side & 1);
}

FL_INLINE int hold_finish(struct __sk_buff *skb, const struct fl_work *work,
			  const struct hold_ask *ask,
			  struct fl_holding *holding)
{
	enum hold_result result;

	hold_count(holding, ask->departure_ns);
	result = holder_give(skb, ask);
	if (result == HOLD_FULL || result == HOLD_NOBODY)
		__sync_fetch_and_add(&holding->held, -1);
	if (result == HOLD_FULL)
		return hold_refuse(work);
	if (result == HOLD_NOBODY)
		return hold_pass(work, FL_EFFECT_SKIPPED);
	hold_count_delayed(work);
	return holder_taken(ask, result);
}

/* Holds the packet, which was counted as held. What tc is to do with it. */
FL_GLOBAL int hold_packet(struct __sk_buff *skb, const struct fl_work *work)
{
	struct hold_ask ask = {};
	struct fl_holding *holding;
	const struct fl_timing *timing;
	enum hold_result ready;
	__u64 now = clock_now_ns();
	__u32 mark = 0;
	int result;

	if (!work)
		return TC_ACT_UNSPEC;
	ask.id = work->id;
	ask.side = work->side & 1;
	timing = map_timing(ask.id);
	holding = map_holding(ask.id, ask.side);
	if (!timing || !holding)
		return TC_ACT_UNSPEC;
	ready = holder_is_ready(skb, ask.side, now);
	if (ready == HOLD_NOBODY)
		return hold_pass(work, FL_EFFECT_SKIPPED);
	result = ready == HOLD_FULL ? FL_DEPART_OVERFLOW :
				      hold_plan(skb, work, timing, holding, now,
						&ask, &mark);
	if (result == FL_DEPART_OVERFLOW)
		return hold_refuse(work);
	if (result == FL_DEPART_AHEAD)
		return hold_pass(work, FL_EFFECT_REORDERED);
	if (mark)
		hold_mark(skb, work);
	if (ask.departure_ns <= ask.arrival_ns) {
		hold_released(holding, timing, 0, 0);
		return TC_ACT_UNSPEC;
	}
	ask.key = hold_key(timing, work);
	return hold_finish(skb, work, &ask, holding);
}

/*
 * A copy waits for a time of its own, as netem's does. It comes by our hook
 * again and is held then: says when, in its cb. Not 0 when the queue is full.
 */
FL_GLOBAL int hold_mark_copy(struct __sk_buff *skb, const struct fl_work *work)
{
	struct fl_holding *holding;
	const struct fl_timing *timing;
	struct hold_ask ask = {};
	enum hold_result ready;
	__u64 now = clock_now_ns();
	struct fl_work copy;
	__u32 mark;
	int result;

	if (!work)
		return 0;
	copy = *work;
	copy.draw = fl_mix64(work->draw ^ 0x636f7079);
	timing = map_timing(work->id);
	holding = map_holding(work->id, work->side & 1);
	if (!timing || !holding)
		return 0;
	ready = holder_is_ready(skb, copy.side, now);
	if (ready != HOLD_TAKEN)
		return ready == HOLD_FULL;
	result = hold_plan(skb, &copy, timing, holding, now, &ask, &mark);
	if (result == FL_DEPART_OVERFLOW)
		return 1;
	if (result == FL_DEPART_AHEAD || ask.departure_ns <= ask.arrival_ns)
		return 0;
	if (config_replay) {
		replayed.copy_ns = ask.departure_ns;
		return 0;
	}
	skb->cb[2] = (__u32)ask.departure_ns;
	skb->cb[3] = (__u32)(ask.departure_ns >> 32);
	ticket_mark(skb, TICKET_COPY);
	return 0;
}

/* The copy comes by. */
FL_INLINE int hold_copy(struct __sk_buff *skb, __u32 side)
{
	struct hold_ask ask = {
		.arrival_ns = bpf_ktime_get_ns(),
		.departure_ns = (__u64)skb->cb[3] << 32 | skb->cb[2],
		.id = HOLD_ID_NOBODY,
		.side = side,
	};
	enum hold_result result;

	ask.key = (__u32)fl_mix64(ask.departure_ns) | HOLD_KEY_OWN;
	result = holder_is_ready(skb, side, ask.arrival_ns);
	if (result == HOLD_TAKEN)
		result = holder_give(skb, &ask);
	if (result == HOLD_FULL)
		return tc_lose(side);
	return result == HOLD_NOBODY ? TC_ACT_UNSPEC :
				       holder_taken(&ask, result);
}
