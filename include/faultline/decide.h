/* SPDX-License-Identifier: GPL-2.0-only */
/* The switch over impairments, generated from impairs.def. */
#pragma once

#include "impair/blackhole.h"
#include "impair/fail.h"
#include "impair/loss.h"
#include "impair/loss_first.h"
#include "impair/loss_nth.h"
#include "impair/loss_pattern.h"

/* What @impair does to the packet: an enum fl_reason. */
static inline __attribute__((always_inline)) __u32
fl_decide(const struct fl_impair *impair, const struct fl_impair_in *in)
{
	switch (impair->kind) {
#define IMPAIR(id, words, category, directions, stateful, function, help) \
	case FL_IMPAIR_##id:						\
		return fl_impair_##function(&impair->u, in);
#define PARAM(id, member, type, min, max, argument, json, help)
#include "impairs.def"
#undef IMPAIR
#undef PARAM
	}
	return FL_REASON_PASSED;
}

/*
 * The period after which the 32-bit packet number may be turned back by
 * wrap_at without changing the outcome: a multiple of the impairment's own
 * period near 2^31, or 0 where the number stops by itself.
 */
static inline __attribute__((always_inline)) __u32
fl_number_wrap(const struct fl_impair *impair)
{
	__u32 period = impair->kind == FL_IMPAIR_LOSS_NTH ?
			       impair->u.nth.period :
		       impair->kind == FL_IMPAIR_LOSS_PATTERN ?
			       impair->u.pattern.length : 0;

	return period ? (1u << 31) / period * period : 0;
}
