/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "match.h"

FL_MATCH(len, LENGTH)
{
	return packet->length >= want->low && packet->length <= want->high;
}
