/* SPDX-License-Identifier: GPL-2.0-only */
/* The stages in order, and the counters: frame -> enum fl_reason. */
#pragma once

#include "impair.h"
#include "move.h"

/* What the hook says of a frame. */
struct fl_size {
	__u32 bytes;
	__u32 segments;
};

/* Counts @effect in rule and flow. */
FL_GLOBAL int verdict_count_effect(__u32 effect, __u32 id, __u32 side,
				   __u32 index)
{
	struct fl_counters *counters = map_counters(id, side & 1);
	struct fl_tally *tally = map_tally(side & 1);
	struct fl_flow_effects *flow;

	/* Checked here: before 6.10 a bound does not reach spilled copies. */
	FL_FORGET(effect);
	if (!counters || !tally || effect >= FL_EFFECTS)
		return 0;
	flow = map_make_flow_effects(index);
	counters->effect[effect]++;
	if (flow)
		__sync_fetch_and_add(&flow->effect[side & 1][effect], 1);
	else
		tally->untracked_effect[effect]++;
	return 0;
}

/* A bit of @effects for each. */
FL_GLOBAL int verdict_count_effects(__u32 effects, __u32 id, __u32 side,
				    __u32 index)
{
	for (__u32 i = 0; i < FL_EFFECTS; i++)
		if (effects >> i & 1)
			verdict_count_effect(i, id, side, index);
	return 0;
}

/* Something decided could not be done: takes @effect, if it is one, back, and
 * counts that. */
FL_GLOBAL int verdict_skip(__u32 effect, __u32 id, __u32 side, __u32 index)
{
	struct fl_counters *counters = map_counters(id, side & 1);
	struct fl_tally *tally = map_tally(side & 1);
	struct fl_flow_effects *flow;

	if (!counters || !tally)
		return 0;
	flow = map_make_flow_effects(index);
	counters->effect[FL_EFFECT_SKIPPED]++;
	if (flow)
		__sync_fetch_and_add(&flow->effect[side & 1][FL_EFFECT_SKIPPED],
				     1);
	else
		tally->untracked_effect[FL_EFFECT_SKIPPED]++;
	/* Checked here: before 6.10 a bound does not reach spilled copies. */
	FL_FORGET(effect);
	if (effect >= FL_EFFECTS)
		return 0;
	counters->effect[effect]--;
	if (flow)
		__sync_fetch_and_add(&flow->effect[side & 1][effect], -1);
	else
		tally->untracked_effect[effect]--;
	return 0;
}

FL_GLOBAL int verdict_count_dry(__u64 fate, __u32 id, __u32 side)
{
	struct fl_counters *counters = map_counters(id, side & 1);
	__u32 effects = fl_fate_effects(fate);

	if (!counters)
		return 0;
	if ((fate & FL_FATE_REASON) != FL_REASON_PASSED)
		counters->would_drop++;
	if (fate & FL_FATE(HOLD))
		effects |= 1u << FL_EFFECT_DELAYED;
	for (__u32 i = 0; i < FL_EFFECTS; i++)
		counters->would_effect[i] += effects >> i & 1;
	return 0;
}

/* A packet's fate is another one in the end. */
FL_GLOBAL int verdict_move(__u32 id, __u32 side, __u32 from, __u32 to)
{
	struct fl_counters *counters = map_counters(id, side & 1);

	if (!counters || from >= FL_REASONS || to >= FL_REASONS)
		return 0;
	counters->reason[from]--;
	counters->reason[to]++;
	return 0;
}

/* A packet that was counted as held does not find room: it is lost. */
FL_GLOBAL int verdict_overflow(__u32 id, __u32 side, __u32 index)
{
	struct fl_tally *tally = map_tally(side & 1);
	struct fl_flow_more *more;

	verdict_move(id, side, FL_REASON_HELD, FL_REASON_OVERFLOW);
	more = map_flow_more(index);
	if (more && (side & 1) == FL_IN)
		__sync_fetch_and_add(&more->in.dropped, 1);
	else if (more)
		__sync_fetch_and_add(&more->out.dropped, 1);
	else if (tally)
		tally->untracked_dropped++;
	return 0;
}

/* The order of the stores matters: see struct fl_counters. */
FL_INLINE void verdict_count(const struct fl_verdict *verdict, __u32 side,
			     const struct fl_size *size)
{
	volatile struct fl_counters *counters = map_counters(verdict->count,
							     side);
	__u64 reason = verdict->fate & FL_FATE_REASON;

	if (!counters)
		return;
	counters->packets++;
	counters->bytes += size->bytes;
	counters->segments += size->segments;
	if (fl_unlikely(size->segments > 1))
		counters->aggregates++;
	if (fl_unlikely(verdict->fate & FL_FATE(HOLD)))
		counters->reason[FL_REASON_HELD]++;
	else if (reason == FL_REASON_PASSED)
		counters->reason[FL_REASON_PASSED]++;
	else if (reason == FL_REASON_DROPPED)
		counters->reason[FL_REASON_DROPPED]++;
	else if (reason == FL_REASON_FAILED)
		counters->reason[FL_REASON_FAILED]++;
	else
		counters->reason[FL_REASON_REJECTED]++;
}

FL_INLINE void verdict_untouched(__u32 count, __u32 side,
				 const struct fl_size *size)
{
	struct fl_verdict verdict = {
		.fate = FL_REASON_PASSED,
		.count = count,
	};

	verdict_count(&verdict, side, size);
}

FL_INLINE void verdict_untracked(const struct fl_verdict *verdict, __u32 side,
				 const struct fl_size *size)
{
	struct fl_tally *tally = map_tally(side);

	if (!tally)
		return;
	tally->untracked_packets++;
	tally->untracked_bytes += size->bytes;
	tally->untracked_dropped += (verdict->fate & FL_FATE_REASON) !=
				    FL_REASON_PASSED;
}

/* The whole of it for a packet that was parsed. */
FL_INLINE void verdict_packet(const struct fl_parsed *packet, __u32 side,
			      const struct fl_size *size, struct fl_work *work)
{
	struct fl_seat seat = { .side = side };
	struct fl_verdict verdict;
	struct fl_key key;

	if (fl_unlikely(packet->flags & FL_PARSED_FRAGMENT)) {
		struct fl_tally *tally = map_tally(side);

		if (tally)
			tally->fragments++;
	}
	key_make(packet, side, config_seed, config_secret, &key);
	/* Else the verifier follows each way to here on its own. */
	key.tuple = FL_OPAQUE(key.tuple);
	seat_take(&key, size->bytes, &seat);
	seat.place.number = FL_OPAQUE(seat.place.number);
	seat.place.index = FL_OPAQUE(seat.place.index);
	impair_packet(&seat, &key, packet, &verdict);
	verdict.fate = FL_OPAQUE(verdict.fate);
	verdict_count(&verdict, side, size);
	if (fl_unlikely(verdict.dry))
		verdict_count_dry(verdict.dry, verdict.count, side);
	if (fl_unlikely(!seat.counts))
		verdict_untracked(&verdict, side, size);
	else if ((verdict.fate & FL_FATE_REASON) != FL_REASON_PASSED)
		__sync_fetch_and_add(&seat.counts->dropped, 1);
	work->fate = verdict.fate;
	work->draw = verdict.draw;
	work->index = seat.place.index;
	work->id = verdict.count;
	work->side = side;
	if (fl_unlikely(verdict.fate & fl_fates())) {
		verdict_count_effects(fl_fate_effects(verdict.fate),
				      verdict.count, side, seat.place.index);
		/* With that it is done. */
		work->fate &= ~fl_fates_of(FL_WORK_COUNT);
	}
	seat_leave();
	if (fl_unlikely(move_is_due(&seat, &key)))
		move_home(seat.place.index, flow_home(&key), side);
}

/* For whatever the parser made of the frame. */
FL_INLINE void verdict_frame(int result, const struct fl_parsed *packet,
			     __u32 side, const struct fl_size *size,
			     struct fl_work *work)
{
	if (fl_likely(result == FL_PARSE_IP)) {
		verdict_packet(packet, side, size, work);
		return;
	}
	work->fate = FL_REASON_PASSED;
	verdict_untouched(result == FL_PARSE_EXEMPT ? FL_ID_EXEMPT :
						      FL_ID_UNPARSED,
			  side, size);
}
