/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../rng.h"
#include "impair.h"

/* Turns over one bit. Which one, the lower half of the draw says. */
FL_IMPAIR(corrupt)
{
	__u32 fate = FL_REASON_PASSED | FL_FATE_CORRUPT;

	if (!fl_chance(params->corrupt.probability_u32,
		       (__u32)(in->draw >> 32)))
		return FL_REASON_PASSED;
	if (params->corrupt.part == FL_PART_HEADER)
		fate |= FL_FATE_HEADERS;
	if (params->corrupt.part == FL_PART_PAYLOAD)
		fate |= FL_FATE_PAYLOAD;
	return params->corrupt.silent ? fate | FL_FATE_SILENT : fate;
}
