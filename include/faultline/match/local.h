/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "match.h"

FL_MATCH_ENDS(local)
{
	return side == FL_IN ? 1u << FL_DST : 1u << FL_SRC;
}
