/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../rng.h"
#include "impair.h"

/* States of the chain. New: drawn as if it had run for ever, so that the
 * first packet of a flow is lost as often as any other. */
enum fl_burst { FL_BURST_NEW, FL_BURST_GAP, FL_BURST_LOSS };

/*
 * Simple Gilbert chain with rate L and mean burst B exactly: it leaves a burst
 * with probability 1/B and enters one with L / (B * (1 - L)), which is at most
 * 1 where L <= B / (B + 1) (Gilbert 1960; stationary share of losses
 * enter / (enter + leave) = L).
 */
FL_IMPAIR(loss_burst)
{
	int lost;

	if (*state == FL_BURST_LOSS)
		lost = !fl_chance64(params->burst.leave_u64, in->draw);
	else if (*state == FL_BURST_GAP)
		lost = fl_chance64(params->burst.enter_u64, in->draw);
	else
		lost = fl_chance(params->burst.loss_u32,
				 (__u32)(in->draw >> 32));
	*state = lost ? FL_BURST_LOSS : FL_BURST_GAP;
	return lost ? FL_REASON_DROPPED : FL_REASON_PASSED;
}

/* @numerator / @denominator as a fraction of 2^64-1, at most that. */
static inline __u64 fl_fraction64(__u64 numerator, __u64 denominator)
{
	if (numerator >= denominator)
		return ~0ull;
	return (__u64)(((unsigned __int128)numerator * ~0ull +
			denominator / 2) /
		       denominator);
}

/* Whether a burst can be so short at this rate: L * (B + 1) <= B. */
static inline int fl_burst_possible(const union fl_params *params)
{
	__u64 burst = params->burst.burst_milli;

	return (unsigned __int128)params->burst.loss_u32 * (burst + 1000) <=
	       (unsigned __int128)burst * FL_P_ONE;
}

/* The two probabilities out of the two that the user gave. */
static inline void fl_prepare_burst(struct fl_impair *impair)
{
	union fl_params *u = &impair->u;
	__u64 burst = u->burst.burst_milli, loss = u->burst.loss_u32;

	if (loss == FL_P_ONE || !burst) {
		u->burst.enter_u64 = ~0ull;
		u->burst.leave_u64 = 0;
		return;
	}
	u->burst.enter_u64 = fl_fraction64(loss * 1000,
					   burst * (FL_P_ONE - loss));
	u->burst.leave_u64 = fl_fraction64(1000, burst);
}

/* "loss P% burst N" is another model than "loss P%". */
static inline void fl_prepare_loss(struct fl_impair *impair)
{
	if (!impair->u.burst.burst_milli)
		return;
	impair->kind = FL_IMPAIR_LOSS_BURST;
	fl_prepare_burst(impair);
}

FL_EXPECT(loss_burst)
{
	struct fl_impair whole = { .u = *params };
	struct fl_expect expect =
		fl_expect_drops(FL_LAW_CHAIN, fl_ratio(params->burst.loss_u32));

	/* What it makes may be missing. */
	fl_prepare_burst(&whole);
	expect.chain = fl_two_states(0x1p-64 * (double)whole.u.burst.enter_u64,
				     0x1p-64 * (double)whole.u.burst.leave_u64,
				     0, 1);
	return expect;
}
