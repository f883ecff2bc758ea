/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key -> flow entry: the set-associative table, its counters, and the cached
 * candidates of each flow.
 *
 * Races. Counters are atomic. A slot is written only by the CPU that swapped
 * FL_GEN_BUSY into its generation. A key is never removed, only replaced, and
 * never while its flow was seen in this tick or the one before. What remains:
 * a flow that slept for longer gets a packet in the very nanoseconds in which
 * its slot changes hands. Then the packet is decided by the rules alone (see
 * impair_cands()), and it is counted either among the evicted or in the flow
 * that comes: the sums are exact in any case.
 */
#pragma once

#include "match.h"

#define FL_FLOW_NONE 0xffffffffu
#define FL_FLOW_TRIES 64  /* while another CPU writes in the set */
#define FL_FLOW_MIN_AGE 2 /* ticks */
#define FL_FLOW_AHEAD \
	256 /* ticks by which "seen" may be in the future,
				 * that is, stamped by a CPU after we looked */

/* Ticks since the flow was seen. */
FL_INLINE __u32 flow_age(const struct fl_flow *flow, __u32 now)
{
	__u32 age = now - *(volatile const __u32 *)&flow->seen;

	return age > -(__u32)FL_FLOW_AHEAD ? 0 : age;
}

FL_INLINE __u32 flow_home(const struct fl_key *key)
{
	return (__u32)(key->hash >> 32) & config_slot_mask;
}

FL_INLINE int flow_is(const struct fl_flow *flow, __u32 index,
		      const struct fl_key *key)
{
	const struct fl_flow_more *more;

	if (flow->tuple != key->tuple || flow->w0 != key->w0)
		return 0;
	if (!(key->tuple & FL_TUPLE_V6))
		return 1;
	more = map_flow_more(index);
	return more && more->v6[0] == key->v6[0] && more->v6[1] == key->v6[1] &&
	       more->v6[2] == key->v6[2];
}

FL_INLINE __u64 flow_take(__u64 *counter)
{
	return __sync_lock_test_and_set(counter, 0);
}

/* Adds what the slot counted to the totals, so that sums stay exact. */
FL_INLINE void flow_fold(struct fl_flow_side *from,
			 struct fl_flow_effects *effects, __u32 side)
{
	struct fl_tally *tally = map_tally(side);

	if (!tally)
		return;
	for (__u32 i = 0; i < FL_EFFECTS; i++)
		tally->evicted_effect[i] +=
			flow_take(&effects->effect[side][i]);
	tally->evicted_flows += side == FL_IN;
	tally->evicted_packets += flow_take(&from->packets);
	tally->evicted_bytes += flow_take(&from->bytes);
	tally->evicted_dropped += flow_take(&from->dropped);
}

FL_INLINE void flow_clear(struct fl_flow_side *side)
{
	*(fl_word *)side->cand = ~0ULL;
	*(fl_word *)side->state = 0;
}

/* Makes the slot @key's if it is empty or old, still. */
FL_INLINE int flow_claim(__u32 index, __u32 now, const struct fl_key *key)
{
	struct fl_flow *flow = map_flow(index);
	struct fl_flow_more *more = map_flow_more(index);
	struct fl_flow_effects *effects = map_flow_effects(index);
	__u32 was;

	if (!flow || !more || !effects)
		return 0;
	was = *(volatile __u32 *)&flow->generation;
	if (was == FL_GEN_BUSY ||
	    __sync_val_compare_and_swap(&flow->generation, was, FL_GEN_BUSY) !=
		    was)
		return 0;
	if (was != FL_GEN_EMPTY) {
		if (flow_age(flow, now) < FL_FLOW_MIN_AGE) {
			__sync_lock_test_and_set(&flow->generation, was);
			return 0;
		}
		flow_take(&flow->tuple); /* nobody finds it from here */
		flow_fold(&flow->in, effects, FL_IN);
		flow_fold(&more->out, effects, FL_OUT);
	}
	flow->w0 = key->w0;
	flow->seen = now;
	flow_clear(&flow->in);
	flow_clear(&more->out);
	if (key->tuple & FL_TUPLE_V6) {
		more->v6[0] = key->v6[0];
		more->v6[1] = key->v6[1];
		more->v6[2] = key->v6[2];
	}
	__sync_lock_test_and_set(&flow->tuple, key->tuple);
	__sync_lock_test_and_set(&flow->generation, FL_GEN_STALE);
	return 1;
}

enum fl_scan {
	FL_SCAN_FOUND, /* the flow */
	FL_SCAN_FREE,  /* a slot that is empty, or the oldest */
	FL_SCAN_BUSY,  /* a slot is being written: perhaps the flow */
	FL_SCAN_FULL,  /* all are in use right now */
};

/* One look through the set: enum fl_scan << 32 | index. */
FL_GLOBAL __u64 flow_scan(const struct fl_key *key, __u32 now)
{
	/* Unknown to the verifier throughout: else it follows each way that
	 * may have been the oldest. */
	__u32 best_age = FL_OPAQUE(FL_FLOW_MIN_AGE - 1), victim = FL_OPAQUE(0);
	__u32 home;

	if (!key)
		return (__u64)FL_SCAN_FULL << 32;
	home = flow_home(key);
	for (__u32 way = 0; way < FL_FLOW_WAYS; way++) {
		__u32 index = home ^ way, generation, age;
		const struct fl_flow *flow = map_flow(index);

		if (!flow)
			break;
		/* Before the key: once it is not BUSY the key is there. */
		generation = *(volatile const __u32 *)&flow->generation;
		if (flow_is(flow, index, key))
			return (__u64)FL_SCAN_FOUND << 32 | index;
		if (generation == FL_GEN_BUSY)
			return (__u64)FL_SCAN_BUSY << 32;
		/* Slots never become empty again: the flow is not behind. */
		if (generation == FL_GEN_EMPTY)
			return (__u64)FL_SCAN_FREE << 32 | index;
		age = flow_age(flow, now);
		if (age > best_age) {
			best_age = FL_OPAQUE(age);
			victim = FL_OPAQUE(index);
		}
	}
	return (__u64)(best_age < FL_FLOW_MIN_AGE ? FL_SCAN_FULL : FL_SCAN_FREE)
		       << 32 |
	       victim;
}

/* A flow looked for in the table. */
struct flow_hunt {
	struct fl_key key;
	__u32 now;
	__u32 index; /* where it is, or FL_FLOW_NONE */
};

/* Not 0 when the hunt is over. */
static long flow_try(__u32 i, struct flow_hunt *hunt)
{
	__u64 result = flow_scan(&hunt->key, hunt->now);
	__u32 index = (__u32)result, scan = (__u32)(result >> 32);

	(void)i;
	if (scan == FL_SCAN_FOUND ||
	    (scan == FL_SCAN_FREE &&
	     flow_claim(index, hunt->now, &hunt->key))) {
		hunt->index = index;
		return 1;
	}
	return scan == FL_SCAN_FULL;
}

/*
 * Finds the packet's flow, or takes an empty or the longest unused slot for
 * it. Returns its index, or FL_FLOW_NONE.
 */
FL_GLOBAL __u32 flow_search(const struct fl_parsed *packet, __u32 side)
{
	struct flow_hunt hunt = {
		.now = clock_ticks(),
		.index = FL_FLOW_NONE,
	};

	if (!packet)
		return FL_FLOW_NONE;
	key_make(packet, side & 1, config_seed, &hunt.key);
	fl_repeat(FL_FLOW_TRIES, flow_try, &hunt);
	return hunt.index;
}

/* The @n-th numbered candidate (from 0): the owner of state[@n]. */
FL_GLOBAL __u32 flow_owner(__u64 cands, __u32 n)
{
	for (__u32 i = 0; i < FL_CANDS; i++, cands >>= 16) {
		__u32 cand = cands & 0xffff;

		if (cand >= FL_CAND_MORE)
			break;
		if (!(cand & FL_CAND_NUMBERED))
			continue;
		if (!n)
			return cand;
		n--;
	}
	return FL_CAND_NONE;
}

/* Installs @cands; a rule that stays keeps its number. */
FL_INLINE void flow_set_cands(struct fl_flow_side *side, __u64 cands)
{
	__u64 old = *(fl_word *)side->cand;
	__u32 first = flow_owner(old, 0), second = flow_owner(old, 1);
	__u32 was[FL_STATES] = { side->state[0], side->state[1] };
	__u32 owner;

	if (old == cands)
		return;
	owner = flow_owner(cands, 0);
	side->state[0] = owner == first ? was[0] : owner == second ? was[1] : 0;
	owner = flow_owner(cands, 1);
	side->state[1] = owner == first ? was[0] : owner == second ? was[1] : 0;
	*(volatile fl_word *)side->cand = cands;
}

/* Finds the candidates for @generation, caches them, returns those of @side. */
FL_GLOBAL __u64 flow_classify(__u32 index, const struct fl_parsed *packet,
			      __u32 side, __u32 generation, __u64 identity)
{
	struct fl_flow *flow = map_flow(index);
	struct fl_flow_more *more = map_flow_more(index);
	struct fl_classes classes = {
		.identity = identity,
		.half = generation & 1,
		.side = side & 1,
	};
	__u64 same = ~0ULL, other = ~0ULL;
	struct fl_key key;
	__u32 old;

	if (!packet)
		return ~0ULL;
	if (match_classes(&classes, packet, 0))
		same = match_candidates(&classes);
	classes.side ^= 1;
	if (match_classes(&classes, packet, 1))
		other = match_candidates(&classes);
	if (!flow || !more)
		return same;
	old = *(volatile __u32 *)&flow->generation;
	if (old == FL_GEN_BUSY || old == FL_GEN_EMPTY ||
	    __sync_val_compare_and_swap(&flow->generation, old, FL_GEN_BUSY) !=
		    old)
		return same;
	key_make(packet, side & 1, config_seed, &key);
	if (!flow_is(flow, index, &key)) { /* somebody else's by now */
		__sync_lock_test_and_set(&flow->generation, old);
		return same;
	}
	flow_set_cands(&flow->in, side == FL_IN ? same : other);
	flow_set_cands(&more->out, side == FL_IN ? other : same);
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
