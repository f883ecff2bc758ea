/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing flows home. In a table that was once fuller than promised a flow may
 * be far from its home slot. Then it changes places with a flow that sleeps
 * nearer to it.
 *
 * Both slots are locked and their tuples are made invalid, so that nobody finds
 * the flows. Then the mover waits until no other CPU is announced in the set:
 * such a CPU may still use an index from before (see bpf/owner.h). Where an
 * effect or a delay may be under way an index is in use for longer, so those
 * flows do not move.
 */
#pragma once

#include "seat.h"

#define MOVE_MIN_AGE 250 /* ticks that the other flow has slept */

struct move_look {
	__u32 set, self, seen;
};

static long move_look_at(__u32 cpu, struct move_look *look)
{
	const struct fl_run *run = map_run_of(cpu);

	if (!run)
		return 1;
	if (cpu + 1 != look->self &&
	    *(volatile const __u32 *)&run->set == look->set)
		look->seen = 1;
	return look->seen;
}

/* More than any kernel has; the look ends with the last that this one has. */
#define MOVE_CPUS_MAX 65536

/* Until no other CPU is announced in @set: 1; 0: one stays there. */
FL_GLOBAL int move_wait(__u32 set)
{
	struct move_look look = { .set = set, .self = owner_self() };

	for (__u32 i = 0; i < RUN_TRIES; i++) {
		run_settle();
		look.seen = 0;
		fl_repeat(MOVE_CPUS_MAX, move_look_at, &look);
		if (!look.seen)
			return 1;
	}
	return 0;
}

/* Whether nothing but the slot itself knows the flow at @index by number. */
FL_INLINE int move_is_free(__u32 index)
{
	const struct fl_flow_held *held = map_flow_held(index);

	return !map_flow_effects(index) && held && !held->last_ns[FL_IN] &&
	       !held->last_ns[FL_OUT] && !held->delayed[FL_IN] &&
	       !held->delayed[FL_OUT];
}

/* Whether the rule of @cand has no work for later. */
FL_INLINE int move_is_plain(__u32 cand)
{
	return map_action(cand & FL_HANDLE_MASK)->fast != FL_FAST_NONE;
}

FL_INLINE void move_swap(void *a, void *b, __u32 words)
{
	fl_word *x = a, *y = b;

	for (__u32 i = 0; i < words; i++) {
		__u64 was = x[i];

		x[i] = y[i];
		y[i] = was;
	}
}

/* Nobody finds the flow, or goes by the candidates that the words name. Locked.
 */
FL_GLOBAL int move_hide(__u32 index)
{
	struct fl_flow *out = map_flow_of(index, FL_OUT);
	struct fl_flow *in = map_flow(index);

	if (!in || !out)
		return 0;
	__sync_fetch_and_and(&in->tuple, ~(__u64)FL_TUPLE_VALID);
	__sync_fetch_and_and(&out->tuple, ~(__u64)FL_TUPLE_VALID);
	flow_set_word(out, FL_WORD(FL_GEN_STALE, out->word));
	return 0;
}

FL_GLOBAL int move_show(__u32 index)
{
	struct fl_flow *out = map_flow_of(index, FL_OUT);
	struct fl_flow *in = map_flow(index);

	if (!in || !out)
		return 0;
	__sync_fetch_and_or(&out->tuple, (__u64)FL_TUPLE_VALID);
	__sync_fetch_and_or(&in->tuple, (__u64)FL_TUPLE_VALID);
	return 0;
}

/* All but the sequence, by which readers know. */
FL_INLINE void move_counts(struct fl_flow_side *a, struct fl_flow_side *b)
{
	__u16 user = a->user, since = a->since;

	move_swap(a, b, __builtin_offsetof(struct fl_flow_side, sequence) / 8);
	a->user = b->user;
	b->user = user;
	a->since = b->since;
	b->since = since;
}

/* All of one side. Hidden, and the words are locks or stale: both the same. */
FL_GLOBAL int move_contents(__u32 far, __u32 near, __u32 side)
{
	struct fl_flow *flow_near = map_flow_of(near, side);
	struct fl_flow *flow_far = map_flow_of(far, side);
	struct fl_flow_side *more_near = flow_side(near, side);
	struct fl_flow_side *more_far = flow_side(far, side);

	if (!flow_near || !flow_far || !more_near || !more_far)
		return 0;
	owner_moves(more_near);
	owner_moves(more_far);
	move_swap(flow_near, flow_far, sizeof(*flow_near) / 8);
	move_counts(more_near, more_far);
	owner_moves(more_near);
	owner_moves(more_far);
	return 0;
}

/* The flow at @far, one of this CPU's, and the one at @near change places. */
FL_GLOBAL int move_exchange(__u32 far, __u32 near)
{
	struct fl_flow *flow_far = map_flow(far);
	struct fl_flow *flow_near = map_flow(near);
	__u32 word_far, word_near;
	int moved = 0;

	if (!flow_far || !flow_near || !flow_lock(flow_far, &word_far))
		return 0;
	if (!flow_lock(flow_near, &word_near)) {
		flow_unlock(flow_far, word_far);
		return 0;
	}
	move_hide(far);
	move_hide(near);
	if (flow_age(near, clock_ticks(), MOVE_MIN_AGE) >= MOVE_MIN_AGE &&
	    move_is_free(far) && move_is_free(near) &&
	    move_wait(owner_set(far))) {
		move_contents(far, near, FL_IN);
		move_contents(far, near, FL_OUT);
		moved = 1;
	}
	move_show(far);
	move_show(near);
	flow_unlock(flow_far, moved ? word_near : word_far);
	flow_unlock(flow_near, moved ? word_far : word_near);
	return moved;
}

FL_INLINE int move_is_due(const struct fl_seat *seat, const struct fl_key *key)
{
	return seat->counts && flow_is_due(seat->place.index ^ flow_home(key),
					   seat->place.number);
}

/* Of a packet of @side; not while this CPU is announced. */
FL_GLOBAL int move_home(__u32 index, __u32 home, __u32 side)
{
	const struct fl_flow *flow = map_flow_of(index, side);
	const struct fl_flow_more *more = map_flow_more(index);
	__u32 now = clock_ticks();

	if (!flow || !more || !owner_self() ||
	    fl_flow_owner(flow->tuple) != owner_self() ||
	    !move_is_plain(more->in.cand[0]) ||
	    !move_is_plain(more->out.cand[0]))
		return 0;
	for (__u32 way = 0; way < FL_FLOW_NEAR; way++) {
		__u32 near = home ^ way;

		if (way >= (index ^ home))
			break;
		if (flow_age(near, now, MOVE_MIN_AGE) >= MOVE_MIN_AGE &&
		    move_is_free(near))
			return move_exchange(index, near);
	}
	return 0;
}
