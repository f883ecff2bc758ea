/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bringing flows home. In a table that was once fuller than promised a flow may
 * be far from its home slot. Then it changes places with a flow that sleeps
 * nearer to it.
 *
 * Both slots are locked and their tuples are taken out, so that nobody finds
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

/* Until no other CPU is announced in @set: 1; 0: one stays there. */
FL_GLOBAL int move_wait(__u32 set)
{
	struct move_look look = { .set = set, .self = owner_self() };

	for (__u32 i = 0; i < RUN_TRIES; i++) {
		run_settle();
		look.seen = 0;
		fl_repeat(FL_OWNERS_MAX, move_look_at, &look);
		if (!look.seen)
			return 1;
	}
	return 0;
}

/* Whether nothing but the slot itself knows the flow at @index by number. */
FL_INLINE int move_is_free(__u32 index)
{
	const struct fl_flow_times *times = map_flow_times(index);

	return !map_flow_effects(index) && times && !times->last_ns[FL_IN] &&
	       !times->last_ns[FL_OUT];
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

/* All but the tuples, which are out, and the words, which are the locks. */
FL_INLINE void move_contents(struct fl_flow *a, struct fl_flow_more *more_a,
			     struct fl_flow *b, struct fl_flow_more *more_b)
{
	__u32 seen = a->seen;

	owner_moves(more_a);
	owner_moves(more_b);
	a->seen = b->seen;
	b->seen = seen;
	move_swap(&a->w0, &b->w0, 1);
	move_swap(&a->counts, &b->counts, 1);
	move_swap(more_a, more_b,
		  __builtin_offsetof(struct fl_flow_more, sequence) / 8);
	move_swap(&more_a->since, &more_b->since, 1); /* and "moved" */
	seen = more_a->user;
	more_a->user = more_b->user;
	more_b->user = seen;
	owner_moves(more_a);
	owner_moves(more_b);
}

/* Locked, both. */
FL_INLINE int move_hidden(__u32 far, __u32 near)
{
	struct fl_flow_more *more_far = map_flow_more(far);
	struct fl_flow_more *more_near = map_flow_more(near);
	struct fl_flow *flow_far = map_flow(far);
	struct fl_flow *flow_near = map_flow(near);
	__u64 tuple_far, tuple_near;
	int moved = 0;

	if (!flow_far || !flow_near || !more_far || !more_near)
		return 0;
	tuple_far = flow_take(&flow_far->tuple);
	tuple_near = flow_take(&flow_near->tuple);
	if (fl_flow_owner(tuple_far) == owner_self() &&
	    flow_age(flow_near, clock_ticks()) >= MOVE_MIN_AGE &&
	    move_is_free(far) && move_is_free(near) &&
	    move_wait(owner_set(far))) {
		move_contents(flow_far, more_far, flow_near, more_near);
		moved = 1;
	}
	__sync_lock_test_and_set(&flow_far->tuple,
				 moved ? tuple_near : tuple_far);
	__sync_lock_test_and_set(&flow_near->tuple,
				 moved ? tuple_far : tuple_near);
	return moved;
}

/* The flows at @far, which this CPU owns, and @near change places. */
FL_GLOBAL int move_exchange(__u32 far, __u32 near)
{
	struct fl_flow *flow_far = map_flow(far);
	struct fl_flow *flow_near = map_flow(near);
	__u32 word_far, word_near;
	int moved;

	if (!flow_far || !flow_near || !flow_lock(flow_far, &word_far))
		return 0;
	if (!flow_lock(flow_near, &word_near)) {
		flow_unlock(flow_far, word_far);
		return 0;
	}
	moved = move_hidden(far, near);
	flow_unlock(flow_far, moved ? word_near : word_far);
	flow_unlock(flow_near, moved ? word_far : word_near);
	return moved;
}

FL_INLINE int move_is_due(const struct fl_seat *seat, const struct fl_key *key)
{
	return seat->side == FL_IN && seat->counts &&
	       flow_is_due(seat->place.index ^ flow_home(key),
			   seat->place.number);
}

/* Not while this CPU is announced. */
FL_GLOBAL int move_home(__u32 index, __u32 home)
{
	const struct fl_flow_more *more = map_flow_more(index);
	const struct fl_flow *flow = map_flow(index);
	__u32 now = clock_ticks();

	if (!flow || !more || !owner_self() ||
	    fl_flow_owner(flow->tuple) != owner_self() ||
	    !move_is_plain(flow->word) || !move_is_plain(more->out.cand[0]))
		return 0;
	for (__u32 way = 0; way < FL_FLOW_NEAR; way++) {
		__u32 near = home ^ way;

		if (way >= (index ^ home))
			break;
		flow = map_flow(near);
		if (flow && flow_age(flow, now) >= MOVE_MIN_AGE &&
		    move_is_free(near))
			return move_exchange(index, near);
	}
	return 0;
}
