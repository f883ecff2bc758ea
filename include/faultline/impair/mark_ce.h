/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../rng.h"
#include "impair.h"

/* Congestion Experienced (RFC 3168, 5), and only where the sender knows it. */
FL_IMPAIR(mark_ce)
{
	if (!fl_chance(params->mark.probability_u32, (__u32)(in->draw >> 32)) ||
	    in->ecn == FL_ECN_CE)
		return FL_REASON_PASSED;
	if (in->ecn != FL_ECN_NOT_ECT)
		return FL_REASON_PASSED | FL_FATE(MARK);
	return FL_FATE(NOT_ECT) |
	       (params->mark.drop_others ? FL_REASON_DROPPED :
					   FL_REASON_PASSED);
}

FL_EXPECT(mark_ce)
{
	struct fl_expect expect =
		fl_expect_effect(FL_EFFECT_MARKED, FL_LAW_CHANCE,
				 fl_ratio(params->mark.probability_u32));

	expect.drops_others = params->mark.drop_others != 0;
	return expect;
}
