/* SPDX-License-Identifier: GPL-2.0-only */
/* The switch over impairments, generated from impairs.def. */
#pragma once

#include <faultline/impairs.h> /* made by make: every impair/x.h */

#include "impair/impair.h"
#include "rng.h"

/*
 * One draw serves all impairments of a rule: the loss takes it as it is, the
 * others mix their category in, so that they are independent.
 */
static inline __attribute__((always_inline)) __u64
fl_category_draw(__u64 draw, __u32 category)
{
	__u64 stream = 0;

	switch (category) {
#define CATEGORY(id, number)          \
	case FL_CATEGORY_##id:        \
		stream = number##ull; \
		break;
#include "categories.def"
	}
	return stream ? fl_mix64(draw + stream * 0x9e3779b97f4a7c15ULL) : draw;
}

/* The case of one impairment, where it is @wanted: with its category's draw. */
#define FL_DECIDE(wanted, id, category, function)                              \
	case FL_IMPAIR_##id:                                                   \
		if (!(wanted))                                                 \
			break;                                                 \
		own.draw = fl_category_draw(in->draw, FL_CATEGORY_##category); \
		return fl_impair_##function(&impair->u, &own, state);

/*
 * What @impair does to the packet: see fate.h. @in->draw is the rule's, @state
 * as for FL_IMPAIR().
 */
static inline __attribute__((always_inline)) __u64
fl_decide(const struct fl_impair *impair, const struct fl_impair_in *in,
	  __u32 *state)
{
	struct fl_impair_in own = *in;

	switch (impair->kind) {
#define IMPAIR(id, words, category, directions, kept, path, function, help) \
	FL_DECIDE(1, id, category, function)
#include "impairs.def"
	}
	return FL_REASON_PASSED;
}

/* Whether a row's path and state make it one that the hook decides by itself:
 * nothing kept but a number, and no effects. */
#define FL_PLAIN_ROW(kept, path) \
	(FL_PATH_##path == FL_PATH_PLAIN && FL_STATE_##kept <= FL_STATE_NUMBER)

/* The same of a kind: what FL_ACT_PLAIN is about. */
static inline __attribute__((always_inline)) int fl_is_plain(__u32 kind)
{
	return 0
#define IMPAIR(id, words, category, directions, kept, path, ...) \
	|| (FL_PLAIN_ROW(kept, path) && kind == FL_IMPAIR_##id)
#include "impairs.def"
		;
}

/* fl_decide() for those alone. */
static inline __attribute__((always_inline)) __u64
fl_decide_plain(const struct fl_impair *impair, const struct fl_impair_in *in)
{
	struct fl_impair_in own = *in;
	__u32 *state = 0;

	switch (impair->kind) {
#define IMPAIR(id, words, category, directions, kept, path, function, help) \
	FL_DECIDE(FL_PLAIN_ROW(kept, path), id, category, function)
#include "impairs.def"
	}
	return FL_REASON_DROPPED;
}

/* fl_decide() for those that keep no chain. */
static inline __attribute__((always_inline)) __u64
fl_decide_unchained(const struct fl_impair *impair,
		    const struct fl_impair_in *in)
{
	struct fl_impair_in own = *in;
	__u32 *state = 0;

	switch (impair->kind) {
#define IMPAIR(id, words, category, directions, kept, path, function, help) \
	FL_DECIDE(FL_STATE_##kept < FL_STATE_CHAIN, id, category, function)
#include "impairs.def"
	}
	return FL_REASON_PASSED;
}

/* The same for those that keep a chain of one word. */
static inline __attribute__((always_inline)) __u64
fl_decide_chain(const struct fl_impair *impair, const struct fl_impair_in *in,
		__u32 *state)
{
	struct fl_impair_in own = *in;

	switch (impair->kind) {
#define IMPAIR(id, words, category, directions, kept, path, function, help) \
	FL_DECIDE(FL_STATE_##kept == FL_STATE_CHAIN, id, category, function)
#include "impairs.def"
	}
	return FL_REASON_PASSED;
}

/*
 * What one impairment decided, @more, joined to what those before it did,
 * @fate. As in netem a duplicate of which one copy is lost is one packet. What
 * does not go on is not corrupted either.
 */
static inline __attribute__((always_inline)) __u64 fl_fate_join(__u64 fate,
								__u64 more)
{
	__u64 reason = more & FL_FATE_REASON;

	if (reason == FL_REASON_PASSED)
		return fate | more;
	if (reason == FL_REASON_DROPPED && fate & FL_FATE(DUPLICATE))
		return (fate & ~FL_FATE(DUPLICATE)) | (more & FL_FATE(NOT_ECT));
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
	__u32 period = 0;

	switch (impair->kind) {
#define REPEAT(id, member)                 \
	case FL_IMPAIR_##id:               \
		period = impair->u.member; \
		break;
#include "impairs.def"
	}
	return period ? (1u << 31) / period * period : 0;
}

/* What follows from the parameters that the user gave. */
static inline void fl_prepare(struct fl_impair *impair)
{
	switch (impair->kind) {
#define PREPARE(id, function)     \
	case FL_IMPAIR_##id:      \
		function(impair); \
		break;
#include "impairs.def"
	}
	impair->wrap_at = fl_number_wrap(impair);
}
