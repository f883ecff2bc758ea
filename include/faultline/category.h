/* SPDX-License-Identifier: GPL-2.0-only */
/* Which sort of impairment a kind is, as the rows of impairs.def say. */
#pragma once

#include <faultline/abi.h>

/* The category of a kind below FL_IMPAIR_KINDS. */
static inline enum fl_category fl_category_of(__u32 kind)
{
	static const unsigned char categories[FL_IMPAIR_KINDS] = {
#define IMPAIR(id, words, category, ...) \
	[FL_IMPAIR_##id] = FL_CATEGORY_##category,
#include <faultline/impairs.def>
	};

	return (enum fl_category)categories[kind];
}

/* What it keeps; nothing where there is no such kind. */
static inline enum fl_state_kind fl_state_of(__u32 kind)
{
	static const unsigned char states[FL_IMPAIR_KINDS] = {
#define IMPAIR(id, words, category, directions, state, ...) \
	[FL_IMPAIR_##id] = FL_STATE_##state,
#include <faultline/impairs.def>
	};

	return kind < FL_IMPAIR_KINDS ? (enum fl_state_kind)states[kind] :
					FL_STATE_NONE;
}

static inline enum fl_path fl_path_of(__u32 kind)
{
	static const unsigned char paths[FL_IMPAIR_KINDS] = {
#define IMPAIR(id, words, category, directions, state, path, ...) \
	[FL_IMPAIR_##id] = FL_PATH_##path,
#include <faultline/impairs.def>
	};

	return kind < FL_IMPAIR_KINDS ? (enum fl_path)paths[kind] :
					FL_PATH_PLAIN;
}

/* Its words in the grammar, "" where there is no such kind. */
static inline const char *fl_words_of(__u32 kind)
{
	static const char *const words[FL_IMPAIR_KINDS] = {
		[FL_IMPAIR_NONE] = "",
#define IMPAIR(id, words, ...) [FL_IMPAIR_##id] = words,
#include <faultline/impairs.def>
	};

	return kind < FL_IMPAIR_KINDS ? words[kind] : "";
}

/* FL_DIR_* that it makes sense in. */
static inline __u32 fl_directions_of(__u32 kind)
{
	static const unsigned char possible[FL_IMPAIR_KINDS] = {
#define IMPAIR(id, words, category, directions, ...) \
	[FL_IMPAIR_##id] = (directions),
#include <faultline/impairs.def>
	};

	return kind < FL_IMPAIR_KINDS ? possible[kind] : 0;
}

/* Whether no rule can have both: there is room for what one of them keeps. */
static inline int fl_exclude(__u32 one, __u32 other)
{
	return fl_category_of(one) == fl_category_of(other) ||
	       (fl_state_of(one) && fl_state_of(other));
}

/* Whether such an impairment, or one of the rule's, holds packets. */
static inline int fl_is_timing(__u32 kind)
{
	return fl_path_of(kind) == FL_PATH_TIMING;
}

/* Whether what the rule does to a packet depends on which of its flow it is,
 * or on what became of those before it. */
static inline int fl_rule_counts(const struct fl_rule *rule)
{
	for (__u32 i = 0; i < rule->impair_count && i < FL_IMPAIRS_MAX; i++)
		if (fl_state_of(rule->impairs[i].kind) != FL_STATE_NONE)
			return 1;
	return !!(rule->match.present & 1u << FL_FIELD_PACKETS);
}

static inline int fl_rule_holds(const struct fl_rule *rule)
{
	for (__u32 i = 0; i < rule->impair_count && i < FL_IMPAIRS_MAX; i++)
		if (fl_is_timing(rule->impairs[i].kind))
			return 1;
	return 0;
}
