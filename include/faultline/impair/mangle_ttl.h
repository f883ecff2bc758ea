/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* Sets the TTL or hop limit. */
FL_IMPAIR(mangle_ttl)
{
	return FL_REASON_PASSED | FL_FATE_WITH(TTL, params->ttl.value);
}

FL_EXPECT(mangle_ttl)
{
	return fl_expect_effect(FL_EFFECT_MANGLED, FL_LAW_FIXED, 1);
}
