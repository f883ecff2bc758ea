/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../rng.h"
#include "impair.h"

/* Turns over one bit. Which one, the lower half of the draw says. */
FL_IMPAIR(corrupt)
{
	__u64 fate = FL_REASON_PASSED | FL_FATE(CORRUPT);

	if (!fl_chance(params->corrupt.probability_u32,
		       (__u32)(in->draw >> 32)))
		return FL_REASON_PASSED;
	if (params->corrupt.part == FL_PART_HEADER)
		fate |= FL_FATE(HEADERS);
	if (params->corrupt.part == FL_PART_PAYLOAD)
		fate |= FL_FATE(PAYLOAD);
	return params->corrupt.silent ? fate | FL_FATE(SILENT) : fate;
}

FL_EXPECT(corrupt)
{
	return fl_expect_effect(FL_EFFECT_CORRUPTED, FL_LAW_CHANCE,
				fl_ratio(params->corrupt.probability_u32));
}
