/* SPDX-License-Identifier: GPL-2.0-only */
/* The switch over impairments, generated from impairs.def. */
#pragma once

#include "impair/blackhole.h"
#include "impair/corrupt.h"
#include "impair/delay.h"
#include "impair/duplicate.h"
#include "impair/fail.h"
#include "impair/loss.h"
#include "impair/loss_burst.h"
#include "impair/loss_first.h"
#include "impair/loss_gemodel.h"
#include "impair/loss_netem.h"
#include "impair/loss_nth.h"
#include "impair/loss_pattern.h"
#include "impair/loss_state.h"
#include "impair/loss_trace.h"
#include "impair/mangle_dscp.h"
#include "impair/mangle_ttl.h"
#include "impair/mark_ce.h"
#include "impair/reject.h"

/*
 * One draw serves all impairments of a rule: the loss takes it as it is, the
 * others mix their category in, so that they are independent.
 */
static inline __attribute__((always_inline)) __u64
fl_category_draw(__u64 draw, __u32 category)
{
	return category == FL_CATEGORY_LOSS ?
		       draw :
		       fl_mix64(draw + (category + 1) * 0x9e3779b97f4a7c15ULL);
}

/*
 * What @impair does to the packet: FL_FATE_* and an enum fl_reason. @in->draw
 * is the rule's, @state as for FL_IMPAIR().
 */
static inline __attribute__((always_inline)) __u32
fl_decide(const struct fl_impair *impair, const struct fl_impair_in *in,
	  __u32 *state)
{
	struct fl_impair_in own = *in;

	switch (impair->kind) {
#define IMPAIR(id, words, category, directions, kept, function, help)          \
	case FL_IMPAIR_##id:                                                   \
		own.draw = fl_category_draw(in->draw, FL_CATEGORY_##category); \
		return fl_impair_##function(&impair->u, &own, state);
#define PARAM(id, member, type, min, max, initial, argument, json, help)
#include "impairs.def"
#undef IMPAIR
#undef PARAM
	}
	return FL_REASON_PASSED;
}

/* The same for the impairments that FL_ACT_PLAIN is about: nothing kept but
 * a number, no effects, no more than one to a rule. */
static inline __attribute__((always_inline)) int fl_is_plain(__u32 kind)
{
	return kind == FL_IMPAIR_LOSS || kind == FL_IMPAIR_LOSS_NTH ||
	       kind == FL_IMPAIR_LOSS_FIRST || kind == FL_IMPAIR_LOSS_PATTERN ||
	       kind == FL_IMPAIR_LOSS_TRACE || kind == FL_IMPAIR_BLACKHOLE ||
	       kind == FL_IMPAIR_FAIL;
}

static inline __attribute__((always_inline)) __u32
fl_decide_plain(const struct fl_impair *impair, const struct fl_impair_in *in)
{
	switch (impair->kind) {
	case FL_IMPAIR_LOSS:
		return fl_impair_loss(&impair->u, in, 0);
	case FL_IMPAIR_LOSS_NTH:
		return fl_impair_loss_nth(&impair->u, in, 0);
	case FL_IMPAIR_LOSS_FIRST:
		return fl_impair_loss_first(&impair->u, in, 0);
	case FL_IMPAIR_LOSS_PATTERN:
		return fl_impair_loss_pattern(&impair->u, in, 0);
	case FL_IMPAIR_LOSS_TRACE:
		return fl_impair_loss_trace(&impair->u, in, 0);
	case FL_IMPAIR_FAIL:
		return FL_REASON_FAILED;
	}
	return FL_REASON_DROPPED;
}

/* The same for those that keep a chain of one word. */
static inline __attribute__((always_inline)) __u32
fl_decide_chain(const struct fl_impair *impair, const struct fl_impair_in *in,
		__u32 *state)
{
	switch (impair->kind) {
	case FL_IMPAIR_LOSS_BURST:
		return fl_impair_loss_burst(&impair->u, in, state);
	case FL_IMPAIR_LOSS_GEMODEL:
		return fl_impair_loss_gemodel(&impair->u, in, state);
	case FL_IMPAIR_LOSS_STATE:
		return fl_impair_loss_state(&impair->u, in, state);
	}
	return FL_REASON_PASSED;
}

/*
 * What one impairment decided, @more, joined to what those before it did,
 * @fate. As in netem a duplicate of which one copy is lost is one packet. What
 * does not go on is not corrupted either.
 */
static inline __attribute__((always_inline)) __u32 fl_fate_join(__u32 fate,
								__u32 more)
{
	__u32 reason = more & FL_FATE_REASON;

	if (reason == FL_REASON_PASSED)
		return fate | more;
	if (reason == FL_REASON_DROPPED && fate & FL_FATE_DUPLICATE)
		return (fate & ~FL_FATE_DUPLICATE) | (more & FL_FATE_NOT_ECT);
	return more;
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
			       impair->u.pattern.length :
		       impair->kind == FL_IMPAIR_LOSS_TRACE ?
			       impair->u.trace.length :
			       0;

	return period ? (1u << 31) / period * period : 0;
}

/* What follows from the parameters that the user gave. */
static inline void fl_prepare(struct fl_impair *impair)
{
	if (impair->kind == FL_IMPAIR_LOSS && impair->u.burst.burst_milli)
		impair->kind = FL_IMPAIR_LOSS_BURST;
	if (impair->kind == FL_IMPAIR_LOSS_BURST)
		fl_prepare_burst(&impair->u);
	impair->wrap_at = fl_number_wrap(impair);
}
