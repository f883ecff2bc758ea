/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../rng.h"
#include "impair.h"

/* A copy of the packet goes ahead of it, untouched. */
FL_IMPAIR(duplicate)
{
	return fl_chance(params->duplicate.probability_u32,
			 (__u32)(in->draw >> 32)) ?
		       FL_REASON_PASSED | FL_FATE(DUPLICATE) :
		       FL_REASON_PASSED;
}

FL_EXPECT(duplicate)
{
	return fl_expect_effect(FL_EFFECT_DUPLICATED, FL_LAW_CHANCE,
				fl_ratio(params->duplicate.probability_u32));
}
