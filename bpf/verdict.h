/* SPDX-License-Identifier: GPL-2.0-only */
/* The stages in order, and the counters: frame -> enum fl_reason. */
#pragma once

#include "impair.h"

/* What the hook says of a frame. */
struct fl_size {
	__u32 bytes;
	__u32 segments;
};

/* The order of the stores matters: see struct fl_counters. */
FL_INLINE void verdict_count(const struct fl_verdict *verdict, __u32 side,
			     const struct fl_size *size)
{
	volatile struct fl_counters *counters =
		map_counters(verdict->count, side);

	if (!counters)
		return;
	counters->packets++;
	counters->bytes += size->bytes;
	counters->segments += size->segments;
	if (fl_unlikely(verdict->would_drop))
		counters->would_drop++;
	if (verdict->reason == FL_REASON_PASSED)
		counters->reason[FL_REASON_PASSED]++;
	else if (verdict->reason == FL_REASON_DROPPED)
		counters->reason[FL_REASON_DROPPED]++;
	else
		counters->reason[FL_REASON_FAILED]++;
}

FL_INLINE __u32 verdict_untouched(__u32 count, __u32 side,
				  const struct fl_size *size)
{
	struct fl_verdict verdict = {
		.reason = FL_REASON_PASSED,
		.count = count,
	};

	verdict_count(&verdict, side, size);
	return FL_REASON_PASSED;
}

FL_INLINE void verdict_untracked(const struct fl_verdict *verdict, __u32 side,
				 const struct fl_size *size)
{
	struct fl_tally *tally = map_tally(side);

	if (!tally)
		return;
	tally->untracked_packets++;
	tally->untracked_bytes += size->bytes;
	tally->untracked_dropped += verdict->reason != FL_REASON_PASSED;
}

FL_INLINE struct fl_flow_side *verdict_counts(struct fl_flow *flow,
					      __u32 index, __u32 side)
{
	struct fl_flow_more *more;

	if (!flow || side == FL_IN)
		return flow ? &flow->in : 0;
	more = map_flow_more(index);
	return more ? &more->out : 0;
}

/* Finds or makes the flow and counts the packet into it. */
FL_INLINE void verdict_seat(const struct fl_parsed *packet,
			    const struct fl_key *key,
			    const struct fl_size *size, struct fl_seat *seat)
{
	struct fl_control *now = map_control();

	seat->index = flow_home(key);
	seat->flow = map_flow(seat->index);
	if (seat->flow && fl_unlikely(!flow_is(seat->flow, seat->index, key))) {
		seat->index = flow_search(packet, seat->side);
		seat->flow = map_flow(seat->index);
	}
	seat->counts = verdict_counts(seat->flow, seat->index, seat->side);
	seat->identity = key->identity;
	seat->generation = *(volatile __u32 *)&now->generation;
	if (fl_unlikely(!seat->counts)) {
		seat->flow = 0;
		seat->number = __sync_fetch_and_add(&now->untracked, 1);
		return;
	}
	seat->flow->seen = clock_ticks();
	seat->number = __sync_fetch_and_add(&seat->counts->packets, 1);
	__sync_fetch_and_add(&seat->counts->bytes, size->bytes);
}

/* The whole of it for a packet that was parsed. */
FL_INLINE __u32 verdict_packet(const struct fl_parsed *packet, __u32 side,
			       const struct fl_size *size)
{
	struct fl_seat seat = { .side = side };
	struct fl_verdict verdict;
	struct fl_key key;

	if (fl_unlikely(packet->flags & FL_PARSED_FRAGMENT)) {
		struct fl_tally *tally = map_tally(side);

		if (tally)
			tally->fragments++;
	}
	key_make(packet, side, config_seed, &key);
	verdict_seat(packet, &key, size, &seat);
	impair_packet(&seat, &key, packet, &verdict);
	verdict_count(&verdict, side, size);
	if (fl_unlikely(!seat.counts))
		verdict_untracked(&verdict, side, size);
	else if (verdict.reason != FL_REASON_PASSED)
		__sync_fetch_and_add(&seat.counts->dropped, 1);
	return verdict.reason;
}

/* For whatever the parser made of the frame. */
FL_INLINE __u32 verdict_frame(int result, const struct fl_parsed *packet,
			      __u32 side, const struct fl_size *size)
{
	if (fl_likely(result == FL_PARSE_IP))
		return verdict_packet(packet, side, size);
	return verdict_untouched(result == FL_PARSE_EXEMPT ?
					 FL_COUNT_EXEMPT : FL_COUNT_UNPARSED,
				 side, size);
}
