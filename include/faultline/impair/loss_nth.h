/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* Loses numbers period - 1, 2 * period - 1, ... */
FL_IMPAIR(loss_nth)
{
	/* 0 is refused by the grammar; BPF and hosts differ on n % 0. */
	if (!params->nth.period)
		return FL_REASON_PASSED;
	return in->number % params->nth.period == params->nth.period - 1 ?
		       FL_REASON_DROPPED :
		       FL_REASON_PASSED;
}

FL_EXPECT(loss_nth)
{
	if (!params->nth.period)
		return fl_expect_drops(FL_LAW_NONE, 0);
	return fl_expect_drops(FL_LAW_FIXED, 1.0 / params->nth.period);
}
