/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* Sets the TTL or hop limit. */
FL_IMPAIR(mangle_ttl)
{
	return FL_REASON_PASSED | FL_FATE_TTL |
	       (params->ttl.value & 0xff) << FL_FATE_TTL_SHIFT;
}
