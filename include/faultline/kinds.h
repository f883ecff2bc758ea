/* SPDX-License-Identifier: GPL-2.0-only */
/* What impairments there are, and of which sort: from their rows. */
#pragma once

enum fl_impair_kind {
	FL_IMPAIR_NONE,
#define IMPAIR(id, ...) FL_IMPAIR_##id,
#include "impairs.def"
	FL_IMPAIR_KINDS
};

enum fl_category {
#define CATEGORY(id, stream) FL_CATEGORY_##id,
#include "categories.def"
	FL_CATEGORIES
};
_Static_assert(FL_CATEGORIES <= 32, "sets of them are kept in 32 bits");

/* What an impairment keeps from one packet to the next. */
enum fl_state_kind {
	FL_STATE_NONE,
	FL_STATE_NUMBER, /* of the packet among those of the rule */
	FL_STATE_CHAIN,	 /* state of a Markov chain, begun as 0 */
	FL_STATE_NETEM,	 /* struct fl_chain in full: per rule only, and for
			  * LOSS_NETEM alone */
};

/* Who carries out what an impairment decides. */
enum fl_path {
	/* The hook: it passes or drops the packet, of which the impairment
	 * knows nothing but draw, number and digit of the trace. */
	FL_PATH_PLAIN,
	FL_PATH_EFFECT, /* tc, for only it can rewrite, copy and answer */
	FL_PATH_TIMING, /* who holds packets, when depart.h says; they decide
			 * nothing */
};

enum fl_limit {
	/* Impairments in one rule. */
	FL_IMPAIRS_MAX = FL_CATEGORIES,
	/* Impairments in one rule that decide. */
	FL_DECISIONS_MAX = __builtin_popcount(0u
#define IMPAIR(id, words, category, directions, state, path, ...) \
	| (FL_PATH_##path == FL_PATH_TIMING ? 0u : 1u << FL_CATEGORY_##category)
#include "impairs.def"
					      ),
};
