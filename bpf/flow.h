/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key -> flow entry: the set-associative table, its counters, and the cached
 * candidates of each flow.
 *
 * Races. Counters are atomic. A slot is written only by the CPU that swapped
 * FL_GEN_BUSY into its generation. A key is never removed, only replaced, and
 * never while its flow was seen in this tick or the one before: a CPU that
 * found its flow has long counted by the time the slot can change hands.
 */
#pragma once

#include "match.h"

#define FL_FLOW_NONE	0xffffffffu
#define FL_FLOW_TRIES	8	/* while another CPU writes in the set */
#define FL_FLOW_MIN_AGE	2	/* ticks */

FL_INLINE __u32 flow_home(const struct fl_key *key)
{
	return (__u32)(key->hash >> 32) & config_slot_mask;
}

FL_INLINE int flow_is(const struct fl_flow *flow, const struct fl_key *key)
{
	if (flow->tuple != key->tuple || flow->w0 != key->w0)
		return 0;
	return !(key->tuple & FL_TUPLE_V6) ||
	       (flow->v6[0] == key->v6[0] && flow->v6[1] == key->v6[1] &&
		flow->v6[2] == key->v6[2]);
}

FL_INLINE __u64 flow_take(__u64 *counter)
{
	return __sync_lock_test_and_set(counter, 0);
}

/* Adds what the slot counted to the totals, so that sums stay exact. */
FL_INLINE void flow_fold(struct fl_flow *flow)
{
	for (__u32 side = 0; side < FL_SIDES; side++) {
		struct fl_tally *tally = map_tally(side);

		if (!tally)
			return;
		tally->evicted_flows += side == FL_IN;
		tally->evicted_packets += flow_take(&flow->side[side].packets);
		tally->evicted_bytes += flow_take(&flow->side[side].bytes);
		tally->evicted_dropped += flow_take(&flow->side[side].dropped);
	}
}

/* Makes the slot @key's if its generation still is @expected. */
FL_INLINE int flow_claim(struct fl_flow *flow, __u32 expected,
			 const struct fl_key *key)
{
	if (__sync_val_compare_and_swap(&flow->generation, expected,
					FL_GEN_BUSY) != expected)
		return 0;
	if (expected != FL_GEN_EMPTY) {
		flow_take(&flow->tuple);	/* nobody finds it from here */
		flow_fold(flow);
	}
	flow->w0 = key->w0;
	flow->seen = clock_ticks();
	for (__u32 side = 0; side < FL_SIDES; side++) {
		*(__u64 *)flow->side[side].cand = ~0ULL;
		*(__u64 *)flow->side[side].state = 0;
	}
	if (key->tuple & FL_TUPLE_V6) {
		flow->v6[0] = key->v6[0];
		flow->v6[1] = key->v6[1];
		flow->v6[2] = key->v6[2];
	}
	__sync_lock_test_and_set(&flow->tuple, key->tuple);
	__sync_lock_test_and_set(&flow->generation, FL_GEN_STALE);
	return 1;
}

/*
 * Looks through the set, takes an empty or the longest unused slot when the
 * flow is new. Returns its index, or FL_FLOW_NONE when all ways are in use
 * right now.
 */
FL_GLOBAL __u32 flow_search(const struct fl_key *key)
{
	__u32 home, now;

	if (!key)
		return FL_FLOW_NONE;
	home = flow_home(key);
	now = clock_ticks();
	for (__u32 try = 0; try < FL_FLOW_TRIES; try++) {
		__u32 victim = FL_FLOW_NONE, victim_generation = 0;
		__u32 best_age = FL_FLOW_MIN_AGE - 1, busy = 0;
		struct fl_flow *flow;

		for (__u32 way = 0; way < FL_FLOW_WAYS; way++) {
			__u32 index = home ^ way, generation, age;

			flow = map_flow(index);
			if (!flow)
				return FL_FLOW_NONE;
			if (flow_is(flow, key))
				return index;
			generation = *(volatile __u32 *)&flow->generation;
			if (generation == FL_GEN_EMPTY) {
				victim = index;
				victim_generation = generation;
				break;
			}
			age = now - flow->seen;
			if (generation == FL_GEN_BUSY) {
				busy = 1;	/* perhaps with this flow */
			} else if (age > best_age && age < 1u << 31) {
				best_age = age;
				victim = index;
				victim_generation = generation;
			}
		}
		if (busy)
			continue;
		if (victim == FL_FLOW_NONE)
			return FL_FLOW_NONE;
		flow = map_flow(victim);
		if (flow && flow_claim(flow, victim_generation, key))
			return victim;
	}
	return FL_FLOW_NONE;
}

/* Installs @cands; a rule that stays keeps its number. */
FL_INLINE void flow_set_cands(struct fl_flow_side *side, __u64 cands)
{
	__u64 old = *(__u64 *)side->cand;
	__u32 number[FL_STATES] = { 0 }, slot = 0;

	if (old == cands)
		return;
	for (__u32 i = 0; i < FL_CANDS; i++) {
		__u32 cand = (cands >> (16 * i)) & 0xffff, from = 0;

		if (cand >= FL_CAND_MORE || slot >= FL_STATES)
			break;
		if (!(cand & FL_CAND_NUMBERED))
			continue;
		for (__u32 j = 0; j < FL_CANDS && from < FL_STATES; j++) {
			__u32 was = (old >> (16 * j)) & 0xffff;

			if (was >= FL_CAND_MORE)
				break;
			if (was == cand) {
				__u32 state = from ? side->state[1] :
						     side->state[0];
				if (slot)
					number[1] = state;
				else
					number[0] = state;
			}
			from += was >> 15;
		}
		slot++;
	}
	side->state[0] = number[0];
	side->state[1] = number[1];
	*(volatile __u64 *)side->cand = cands;
}

/* Finds the candidates for @generation, caches them, returns those of @side. */
FL_GLOBAL __u64 flow_classify(__u32 index, const struct fl_parsed *packet,
			      __u32 side, __u32 generation, __u64 hash)
{
	struct fl_flow *flow = map_flow(index);
	struct fl_classes classes = {
		.hash = hash,
		.half = generation & 1,
		.side = side & 1,
	};
	__u64 same = ~0ULL, other = ~0ULL;
	__u32 old;

	if (!packet)
		return ~0ULL;
	if (match_classes(&classes, packet, 0))
		same = match_candidates(&classes);
	classes.side ^= 1;
	if (match_classes(&classes, packet, 1))
		other = match_candidates(&classes);
	if (!flow)
		return same;
	old = *(volatile __u32 *)&flow->generation;
	if (old == FL_GEN_BUSY || old == FL_GEN_EMPTY ||
	    __sync_val_compare_and_swap(&flow->generation, old, FL_GEN_BUSY) !=
		    old)
		return same;
	flow_set_cands(&flow->side[side & 1], same);
	flow_set_cands(&flow->side[(side ^ 1) & 1], other);
	__sync_lock_test_and_set(&flow->generation, generation);
	return same;
}

/*
 * This packet's number in the rule and flow, from 0. Turned back by a
 * multiple of the rule's period, or stopped, long before 32 bits run out.
 */
FL_INLINE __u32 flow_number(__u32 *state, __u32 wrap_at)
{
	__u32 number = *(volatile __u32 *)state;

	if (!wrap_at && number >= 1u << 31)
		return number;
	number = __sync_fetch_and_add(state, 1);
	if (wrap_at && number == wrap_at)
		__sync_fetch_and_add(state, -wrap_at);
	return number;
}
