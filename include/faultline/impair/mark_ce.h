/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../rng.h"
#include "impair.h"

/* Congestion Experienced (RFC 3168, 5), and only where the sender knows it. */
FL_IMPAIR(mark_ce)
{
	if (!fl_chance(params->mark.probability_u32, (__u32)(in->draw >> 32)) ||
	    in->ecn == FL_ECN_CE)
		return FL_REASON_PASSED;
	if (in->ecn != FL_ECN_NOT_ECT)
		return FL_REASON_PASSED | FL_FATE_MARK;
	return FL_FATE_NOT_ECT | (params->mark.drop_others ? FL_REASON_DROPPED :
							     FL_REASON_PASSED);
}
