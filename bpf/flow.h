/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key -> flow entry: the set-associative table, its counters, and the cached
 * candidates of each flow.
 *
 * Races. Counters are atomic, or their owner's (bpf/owner.h). A slot is written
 * only by the CPU that swapped FL_GEN_BUSY into its word. A key is never
 * removed, only replaced, and never while its flow was seen in this tick or the
 * one before. What remains: a flow that slept for longer gets a packet in the
 * very nanoseconds in which its slot changes hands. Then the packet is decided
 * by the rules alone (see choose_cands()), and it is counted either among the
 * evicted or in the flow that comes: the sums are exact in any case.
 */
#pragma once

#include "match.h"
#include "worth.h"

#define FL_FLOW_NONE 0xffffffffu
#define FL_FLOW_FULL 0xfffffffeu
#define FL_FLOW_LINE 2	/* slots in a cache line */
#define FL_FLOW_NEAR 16 /* slots of a set that the short way looks at */

FL_INLINE __u32 flow_home(const struct fl_key *key)
{
	return (__u32)(key->hash >> 32) & config_slot_mask;
}

/* Whether a flow that is @away from its home slot should be brought home when
 * this packet has come: seldom, because there may be nobody to change places
 * with; more often where the short way does not find it. */
FL_INLINE int flow_is_due(__u32 away, __u64 number)
{
	const __u32 every = away < FL_FLOW_NEAR ? 64 : 8;

	return away >= FL_FLOW_LINE && number % every == every - 1;
}

/* @flow: the part of either side at @index. */
FL_INLINE int flow_is(const struct fl_flow *flow, __u32 index,
		      const struct fl_key *key)
{
	const struct fl_flow_more *more;

	if (fl_flow_plain(flow->tuple) != key->tuple || flow->w0 != key->w0)
		return 0;
	if (!(key->tuple & FL_TUPLE_V6))
		return 1;
	more = map_flow_more(index);
	return more && more->v6[0] == key->v6[0] && more->v6[1] == key->v6[1] &&
	       more->v6[2] == key->v6[2] && more->v6[3] == key->v6[3];
}

FL_INLINE __u64 flow_take(__u64 *counter)
{
	return __sync_lock_test_and_set(counter, 0);
}

/* Adds what the slot counted to the totals, so that sums stay exact. */
FL_INLINE void flow_fold(struct fl_flow_side *from,
			 struct fl_flow_effects *effects,
			 struct fl_flow_held *held, __u32 side)
{
	struct fl_tally *tally = map_tally(side);

	if (!tally || !held)
		return;
	tally->evicted_effect[FL_EFFECT_DELAYED] +=
		flow_take(&held->delayed[side]);
	held->last_ns[side] = 0;
	for (__u32 i = 0; i < FL_EFFECTS && effects; i++)
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

/* Takes @side's counts out of the slot, whose tuple was @tuple. Locked. A
 * function of its own: flow_claim() has no stack to spare. */
FL_GLOBAL int flow_evict_side(__u32 index, __u32 side, __u64 tuple)
{
	struct fl_flow_side *more = flow_side(index, side);
	struct fl_flow *flow = map_flow_of(index, side);

	if (!more || !flow)
		return 0;
	if (fl_flow_owner(tuple))
		owner_settle(flow, more, tuple);
	FL_FORGET(side);
	flow_fold(more, map_flow_effects(index), map_flow_held(index),
		  side & 1);
	return 0;
}

/* Adds the flow that leaves the slot to the totals. Locked; 0: an owner does
 * not come out, and all is as it was. */
FL_INLINE int flow_evict(struct fl_flow *in, struct fl_flow *out, __u32 index)
{
	__u64 tuple_in = flow_take(&in->tuple); /* nobody finds it from here */
	__u64 tuple_out = flow_take(&out->tuple);

	if (!owner_is_out(fl_flow_owner(tuple_in), index) ||
	    !owner_is_out(fl_flow_owner(tuple_out), index)) {
		__sync_lock_test_and_set(&out->tuple, tuple_out);
		__sync_lock_test_and_set(&in->tuple, tuple_in);
		return 0;
	}
	flow_evict_side(index, FL_IN, tuple_in);
	flow_evict_side(index, FL_OUT, tuple_out);
	return 1;
}

FL_INLINE void flow_make_side(struct fl_flow *flow, struct fl_flow_side *more,
			      const struct fl_key *key, __u32 now)
{
	flow->w0 = key->w0;
	flow->counts = 0;
	flow->seen = now;
	flow_clear(more);
	more->user = (__u16)owner_self();
	more->since = (__u16)now;
}

/* The slot becomes @key's. Locked. */
FL_GLOBAL int flow_make(__u32 index, __u32 now, const struct fl_key *key)
{
	struct fl_flow *in = map_flow(index);
	struct fl_flow *out = map_flow_of(index, FL_OUT);
	struct fl_flow_more *more = map_flow_more(index);

	if (!in || !out || !more || !key)
		return 0;
	flow_set_word(out, FL_WORD(FL_GEN_STALE, FL_CAND_NONE));
	flow_make_side(in, &more->in, key, now);
	flow_make_side(out, &more->out, key, now);
	if (key->tuple & FL_TUPLE_V6) {
		more->v6[0] = key->v6[0];
		more->v6[1] = key->v6[1];
		more->v6[2] = key->v6[2];
		more->v6[3] = key->v6[3];
	}
	/* Who finds the flow by the incoming part finds the other one. */
	__sync_lock_test_and_set(&out->tuple, key->tuple);
	__sync_lock_test_and_set(&in->tuple, key->tuple);
	return 0;
}

/* Of a flow that was evicted. */
FL_GLOBAL int flow_count_ruled(__u32 in_word, __u32 out_word)
{
	struct fl_tally *tally = map_tally(FL_IN);

	if (tally && flow_has_rules(in_word, out_word))
		tally->evicted_ruled++;
	return 0;
}

/* Makes the slot @key's if it is empty or old, still: 1; 0: it is not; -1: its
 * owner is stopped in the middle of counting. */
FL_GLOBAL int flow_claim(__u32 index, __u32 now, const struct fl_key *key)
{
	struct fl_flow *flow = map_flow(index);
	struct fl_flow *out = map_flow_of(index, FL_OUT);
	__u32 was;

	if (!flow || !out || !key || !flow_lock(flow, &was))
		return 0;
	if (FL_WORD_GENERATION(was) != FL_GEN_EMPTY) {
		if (!flow_score_of(index, now, 1)) {
			flow_unlock(flow, was);
			return 0;
		}
		if (!flow_evict(flow, out, index)) {
			flow_unlock(flow, was);
			return -1;
		}
		flow_count_ruled(was, out->word);
	}
	flow_make(index, now, key);
	flow_unlock(flow, FL_WORD(FL_GEN_STALE, FL_CAND_NONE));
	return 1;
}

enum fl_scan {
	FL_SCAN_FOUND, /* the flow */
	FL_SCAN_EMPTY, /* a slot that never had one: the flow is not there */
	FL_SCAN_BUSY,  /* a slot is being written: perhaps the flow */
	FL_SCAN_FULL,  /* of other flows */
};

/* One look through the set's parts of @side: enum fl_scan << 32 | index. Only
 * the incoming ones show who writes. */
FL_GLOBAL __u64 flow_scan(const struct fl_key *key, __u32 side)
{
	__u32 home;

	if (!key)
		return (__u64)FL_SCAN_FULL << 32;
	home = flow_home(key);
	for (__u32 way = 0; way < FL_FLOW_WAYS; way++) {
		__u32 index = home ^ way, generation;
		const struct fl_flow *flow = map_flow_of(index, side);

		if (!flow)
			break;
		/* Before the key: once it is not BUSY the key is there. */
		generation = FL_WORD_GENERATION(
			*(volatile const __u32 *)&flow->word);
		FL_IN_ORDER();
		if (flow_is(flow, index, key))
			return (__u64)FL_SCAN_FOUND << 32 | index;
		if (generation == FL_GEN_BUSY)
			return (__u64)FL_SCAN_BUSY << 32;
		/* Slots never become empty again: the flow is not behind. */
		if (generation == FL_GEN_EMPTY)
			return (__u64)FL_SCAN_EMPTY << 32 | index;
	}
	return (__u64)FL_SCAN_FULL << 32;
}

/* The slot of the set that can be given away best, or FL_FLOW_FULL: none. */
FL_GLOBAL __u32 flow_victim(__u32 home, __u32 now)
{
	/* Unknown to the verifier throughout: else it follows each way that
	 * may have been the best. */
	__u32 victim = FL_OPAQUE(FL_FLOW_FULL);
	__u32 best = FL_OPAQUE(0);

	for (__u32 way = 0; way < FL_FLOW_WAYS; way++) {
		__u32 score = flow_score_of(home ^ way, now, best + 1);

		if (score > best) {
			best = score;
			victim = FL_OPAQUE(home ^ way);
		}
	}
	return victim;
}

/*
 * Finds the packet's flow, or takes for it a slot that is empty or can be given
 * away: its index. FL_FLOW_NONE: try again, another CPU is writing in the set.
 * FL_FLOW_FULL: there is no room for it.
 */
FL_GLOBAL __u32 flow_find(const struct fl_key *key, __u32 side, __u32 now)
{
	struct fl_run *run = map_run();
	__u32 index, scan;
	__u64 result;
	int claimed;

	if (!run || !key)
		return FL_FLOW_FULL;
	/* No flow changes places while we look. */
	run_enter(run, owner_set(flow_home(key)));
	result = flow_scan(key, side);
	if (side != FL_IN && result >> 32 != FL_SCAN_FOUND)
		result = flow_scan(key, FL_IN);
	run_leave(run);
	index = (__u32)result;
	scan = (__u32)(result >> 32);
	if (scan == FL_SCAN_FOUND)
		return index;
	if (scan == FL_SCAN_BUSY)
		return FL_FLOW_NONE;
	if (scan == FL_SCAN_FULL)
		index = flow_victim(flow_home(key), now);
	if (index == FL_FLOW_FULL)
		return FL_FLOW_FULL;
	claimed = flow_claim(index, now, key);
	return claimed > 0 ? index : claimed < 0 ? FL_FLOW_FULL : FL_FLOW_NONE;
}

/* The @n-th numbered candidate (from 0), whose state[@n] is. */
FL_GLOBAL __u32 flow_numbered(__u64 cands, __u32 n)
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
	__u32 first = flow_numbered(old, 0), second = flow_numbered(old, 1);
	__u32 was[FL_STATES] = { side->state[0], side->state[1] };
	__u32 whose;

	if (old == cands)
		return;
	whose = flow_numbered(cands, 0);
	side->state[0] = whose == first ? was[0] : whose == second ? was[1] : 0;
	whose = flow_numbered(cands, 1);
	side->state[1] = whose == first ? was[0] : whose == second ? was[1] : 0;
	*(volatile fl_word *)side->cand = cands;
}

/* Caches the candidates of a flow, @in and @out, for @generation, unless it is
 * being written or a younger generation is in force. */
FL_GLOBAL int flow_cache(__u32 index, const struct fl_key *key,
			 __u32 generation, __u64 in, __u64 out)
{
	struct fl_flow *flow = map_flow(index);
	struct fl_flow *hot = map_flow_of(index, FL_OUT);
	struct fl_flow_more *more = map_flow_more(index);
	__u32 old;

	if (!key || !flow || !hot || !more)
		return 0;
	old = *(volatile __u32 *)&flow->word;
	if (FL_WORD_GENERATION(old) == FL_GEN_EMPTY || !flow_lock(flow, &old))
		return 0;
	/* Somebody else's by now; or who was faster has given out numbers of
	 * rules that we do not know. */
	if (!flow_is(flow, index, key) ||
	    *(volatile __u32 *)&map_control()->generation != generation) {
		flow_unlock(flow, old);
		return 0;
	}
	flow_set_cands(&more->in, in);
	/* Its old generation is not to stand beside new candidates. */
	flow_set_word(hot, FL_WORD(FL_GEN_BUSY, FL_CAND_NONE));
	flow_set_cands(&more->out, out);
	flow_set_word(hot, FL_WORD(generation, out));
	flow_unlock(flow, FL_WORD(generation, in));
	return 0;
}

/* Finds the flow's candidates, caches them, returns those of @side. */
FL_INLINE __u64 flow_classify(__u32 index, const struct fl_parsed *packet,
			      __u32 side, const struct fl_key *key)
{
	__u32 generation = walk_begin();
	__u32 half_side = (generation & 1) << 1 | side;
	__u64 identity = key_identity(key);
	__u64 same = match_flow(half_side, packet, 0, identity);
	__u64 other = match_flow(half_side ^ 1, packet, 1, identity);

	walk_end();
	flow_cache(index, key, generation, side == FL_IN ? same : other,
		   side == FL_IN ? other : same);
	return same;
}

/* The candidates of @generation are to be found anew. */
FL_INLINE void flow_forget(struct fl_flow *flow, __u32 generation)
{
	__u32 word = *(volatile __u32 *)&flow->word;

	if (FL_WORD_GENERATION(word) == generation)
		__sync_val_compare_and_swap(&flow->word, word,
					    FL_WORD(FL_GEN_STALE, word));
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
