/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../rng.h"
#include "impair.h"

/* Independent loss: P = (probability_u32 + 1) / 2^32, as netem's random. */
FL_IMPAIR(loss)
{
	return fl_chance(params->loss.probability_u32,
			 (__u32)(in->draw >> 32)) ?
		       FL_REASON_DROPPED :
		       FL_REASON_PASSED;
}

FL_EXPECT(loss)
{
	return fl_expect_drops(FL_LAW_CHANCE,
			       fl_ratio(params->loss.probability_u32));
}
