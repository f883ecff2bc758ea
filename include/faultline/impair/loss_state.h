/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../rng.h"
#include "impair.h"

/* netem's states 1 to 4, from 0. */
enum fl_four {
	FL_FOUR_GAP,   /* passes, between bursts */
	FL_FOUR_BURST, /* passes, within one */
	FL_FOUR_BURST_LOSS,
	FL_FOUR_SINGLE_LOSS,
};

/* fl_chance() of a sum of probabilities, which is at most FL_P_ONE. */
static inline __attribute__((always_inline)) int
fl_chance_sum(__u32 a_u32, __u32 b_u32, __u32 draw)
{
	__u64 sum = (__u64)a_u32 + b_u32;

	return sum && draw <= sum;
}

/* One step of the chain: the state after @was. */
static inline __attribute__((always_inline)) __u32
fl_four_next(const union fl_params *params, __u32 was, __u32 draw)
{
	if (was == FL_FOUR_SINGLE_LOSS)
		return FL_FOUR_GAP;
	if (was == FL_FOUR_BURST)
		return fl_chance(params->state.p23_u32, draw) ?
			       FL_FOUR_BURST_LOSS :
			       FL_FOUR_BURST;
	if (was == FL_FOUR_BURST_LOSS)
		return fl_chance(params->state.p32_u32, draw) ?
			       FL_FOUR_BURST :
		       fl_chance_sum(params->state.p32_u32,
				     params->state.p31_u32, draw) ?
			       FL_FOUR_GAP :
			       FL_FOUR_BURST_LOSS;
	return fl_chance(params->state.p14_u32, draw) ? FL_FOUR_SINGLE_LOSS :
	       fl_chance_sum(params->state.p14_u32, params->state.p13_u32,
			     draw) ?
							FL_FOUR_BURST_LOSS :
							FL_FOUR_GAP;
}

/*
 * netem's four-state chain: begins in 1; the state that the packet brings the
 * chain into decides. With q = p13/p31, loss = (q + p14) / (1 + p14 + q (1 +
 * p32/p23)).
 */
FL_IMPAIR(loss_state)
{
	*state = fl_four_next(params, *state, (__u32)(in->draw >> 32));
	return *state >= FL_FOUR_BURST_LOSS ? FL_REASON_DROPPED :
					      FL_REASON_PASSED;
}

FL_EXPECT(loss_state)
{
	struct fl_expect expect = fl_expect_drops(FL_LAW_CHAIN, -1);
	double(*move)[FL_MARKOV_STATES] = expect.chain.move;
	double p13 = fl_ratio(params->state.p13_u32);
	double p32 = fl_ratio(params->state.p32_u32);

	expect.begins_passing = 1;
	expect.chain.states = 4;
	expect.chain.drop[FL_FOUR_BURST_LOSS] = 1;
	expect.chain.drop[FL_FOUR_SINGLE_LOSS] = 1;
	move[FL_FOUR_GAP][FL_FOUR_BURST_LOSS] = p13;
	move[FL_FOUR_GAP][FL_FOUR_SINGLE_LOSS] =
		fl_ratio(params->state.p14_u32);
	move[FL_FOUR_SINGLE_LOSS][FL_FOUR_GAP] = 1;
	move[FL_FOUR_BURST_LOSS][FL_FOUR_BURST] = p32;
	move[FL_FOUR_BURST_LOSS][FL_FOUR_GAP] = fl_ratio(params->state.p31_u32);
	move[FL_FOUR_BURST][FL_FOUR_BURST_LOSS] =
		fl_ratio(params->state.p23_u32);
	/* States that cannot be reached must not be a class of their own. */
	if (p13 <= 0) {
		move[FL_FOUR_BURST_LOSS][FL_FOUR_GAP] = 1;
		move[FL_FOUR_BURST_LOSS][FL_FOUR_BURST] = 0;
	}
	if (p13 <= 0 || p32 <= 0) {
		move[FL_FOUR_BURST][FL_FOUR_GAP] = 1;
		move[FL_FOUR_BURST][FL_FOUR_BURST_LOSS] = 0;
	}
	return expect;
}
