/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "match.h"

FL_MATCH(payload, PRESENT)
{
	return packet->flags & FL_PARSED_PAYLOAD;
}
