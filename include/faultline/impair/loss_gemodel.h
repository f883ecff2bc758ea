/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../rng.h"
#include "impair.h"

/*
 * Gilbert-Elliott with netem's meaning: begins good; the state in which the
 * packet finds the chain decides about it, and the chain moves on by a draw
 * of its own. Loss ((1-h) p + (1-k) r) / (p + r).
 */
FL_IMPAIR(loss_gemodel)
{
	__u32 move = (__u32)(in->draw >> 32), fate = (__u32)in->draw;
	__u32 was = *state, leave, lose;

	leave = was ? params->gemodel.leave_u32 : params->gemodel.enter_u32;
	lose = was ? params->gemodel.bad_u32 : params->gemodel.good_u32;
	if (fl_chance(leave, move))
		*state = !was;
	return fl_chance(lose, fate) ? FL_REASON_DROPPED : FL_REASON_PASSED;
}

FL_EXPECT(loss_gemodel)
{
	struct fl_expect expect = fl_expect_drops(FL_LAW_CHAIN, -1);

	expect.begins_passing = 1;
	expect.chain = fl_two_states(fl_ratio(params->gemodel.enter_u32),
				     fl_ratio(params->gemodel.leave_u32),
				     fl_ratio(params->gemodel.good_u32),
				     fl_ratio(params->gemodel.bad_u32));
	return expect;
}
