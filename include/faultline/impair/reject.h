/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* Drops everything and tells the sender, where that is allowed: RFC 1122,
 * 3.2.2, RFC 4443, 2.4, RFC 9293, 3.5.2. */
FL_IMPAIR(reject)
{
	return in->answerable ? FL_REASON_REJECTED : FL_REASON_DROPPED;
}

FL_EXPECT(reject)
{
	struct fl_expect expect = fl_expect_drops(FL_LAW_FIXED, 1);

	expect.may_tell = 1;
	return expect;
}
