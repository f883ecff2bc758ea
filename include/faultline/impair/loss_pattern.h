/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "impair.h"

/* Loses packet n when bit n modulo length of the pattern is 1. */
FL_IMPAIR(loss_pattern)
{
	__u32 bit, length = params->pattern.length;
	__u64 word;

	if (!length)
		return FL_REASON_PASSED;
	bit = in->number % length;
	word = bit < 64 ? params->pattern.bits[0] : params->pattern.bits[1];
	return (word >> (bit & 63)) & 1 ? FL_REASON_DROPPED : FL_REASON_PASSED;
}

FL_EXPECT(loss_pattern)
{
	__u32 ones = 0, length = params->pattern.length;

	for (__u32 i = 0; i < length && i < FL_PATTERN_BITS; i++)
		ones += (__u32)(params->pattern.bits[i / 64] >> i % 64) & 1;
	return fl_expect_drops(FL_LAW_FIXED,
			       length ? (double)ones / length : 0);
}
