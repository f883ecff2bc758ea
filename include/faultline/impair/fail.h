/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* Drops everything and tells the local sender: NET_XMIT_DROP. */
FL_IMPAIR(fail)
{
	return FL_REASON_FAILED;
}

FL_EXPECT(fail)
{
	struct fl_expect expect = fl_expect_drops(FL_LAW_FIXED, 1);

	expect.tells = 1;
	return expect;
}
