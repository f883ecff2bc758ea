/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* Sets the DiffServ code point. */
FL_IMPAIR(mangle_dscp)
{
	return FL_REASON_PASSED | FL_FATE_DSCP |
	       (params->dscp.value & FL_FATE_DSCP_MASK) << FL_FATE_DSCP_SHIFT;
}
