/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* Loses packet n where digit n modulo length of the file is 1. */
FL_IMPAIR(loss_trace)
{
	return in->traced ? FL_REASON_DROPPED : FL_REASON_PASSED;
}

FL_EXPECT(loss_trace)
{
	return fl_expect_drops(FL_LAW_NONE, 0);
}
