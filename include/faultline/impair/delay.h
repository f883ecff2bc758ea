/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* That the packet is held; how long, depart.h says. */
FL_IMPAIR(delay)
{
	return FL_REASON_PASSED | FL_FATE_HOLD;
}

FL_IMPAIR(reorder)
{
	return FL_REASON_PASSED | FL_FATE_HOLD;
}

FL_IMPAIR(rate)
{
	return FL_REASON_PASSED | FL_FATE_HOLD;
}

FL_IMPAIR(queue)
{
	return FL_REASON_PASSED | FL_FATE_HOLD;
}

FL_IMPAIR(slot)
{
	return FL_REASON_PASSED | FL_FATE_HOLD;
}
