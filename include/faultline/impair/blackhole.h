/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* Loses everything. */
FL_IMPAIR(blackhole)
{
	return FL_REASON_DROPPED;
}

FL_EXPECT(blackhole)
{
	return fl_expect_drops(FL_LAW_FIXED, 1);
}
