/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "match.h"

FL_MATCH_ENDS(src)
{
	return 1u << FL_SRC;
}
