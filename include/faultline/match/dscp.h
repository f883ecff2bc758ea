/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "match.h"

FL_MATCH(dscp, DSCP)
{
	return packet->tos >> 2 == *want;
}
