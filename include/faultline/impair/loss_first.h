/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* Loses numbers 0 to count - 1. */
FL_IMPAIR(loss_first)
{
	return in->number < params->first.count ? FL_REASON_DROPPED :
						  FL_REASON_PASSED;
}

FL_EXPECT(loss_first)
{
	return fl_expect_drops(FL_LAW_NONE, 0);
}
