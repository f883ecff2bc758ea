/* SPDX-License-Identifier: GPL-2.0-only */
/* Which place an impairment has among the others of its rule. For the host. */
#pragma once

#include <faultline/abi.h>

/* Of a kind below FL_IMPAIR_KINDS. */
static inline enum fl_category fl_category_of(__u32 kind)
{
	static const unsigned char categories[FL_IMPAIR_KINDS] = {
#define IMPAIR(id, words, category, directions, state, function, help) \
	[FL_IMPAIR_##id] = FL_CATEGORY_##category,
#define PARAM(id, member, type, min, max, initial, argument, json, help)
#include <faultline/impairs.def>
#undef IMPAIR
#undef PARAM
	};

	return (enum fl_category)categories[kind];
}

/* Whether such an impairment, or one of the rule's, holds packets. */
static inline int fl_is_timing(__u32 kind)
{
	return kind < FL_IMPAIR_KINDS &&
	       fl_category_of(kind) >= FL_CATEGORY_DELAY;
}

static inline int fl_rule_holds(const struct fl_rule *rule)
{
	for (__u32 i = 0; i < rule->impair_count && i < FL_IMPAIRS_MAX; i++)
		if (fl_is_timing(rule->impairs[i].kind))
			return 1;
	return 0;
}
