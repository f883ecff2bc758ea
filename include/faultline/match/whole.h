/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "match.h"

/* What is the same at both ends: one look is enough. */
FL_MATCH_ENDS(whole)
{
	return 1u << FL_SRC;
}
