/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "match.h"

/* Flows have more packets than a span can name: its end may be open. */
FL_MATCH(packets, COUNT)
{
	return number + 1 >= want->low &&
	       (want->high == 0xffffffff || number + 1 <= want->high);
}
