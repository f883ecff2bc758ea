/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* Sets the DiffServ code point. */
FL_IMPAIR(mangle_dscp)
{
	return FL_REASON_PASSED | FL_FATE_WITH(DSCP, params->dscp.value);
}

FL_EXPECT(mangle_dscp)
{
	return fl_expect_effect(FL_EFFECT_MANGLED, FL_LAW_FIXED, 1);
}
