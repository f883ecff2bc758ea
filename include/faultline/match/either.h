/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "match.h"

FL_MATCH_ENDS(either)
{
	return FL_BOTH_ENDS;
}
