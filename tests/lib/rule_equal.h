/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules compared member by member, as far as the grammar is concerned. */
#pragma once

#include <stddef.h>
#include <string.h>

#include <faultline/abi.h>

/* The first member in which @a and @b differ, or NULL. */
static inline const char *rule_difference(const struct fl_rule *a,
					  const struct fl_rule *b)
{
#define DIFFERS(member) memcmp(&a->member, &b->member, sizeof(a->member))
#define COMPARE(member)      \
	if (DIFFERS(member)) \
		return #member;
	COMPARE(name)
	COMPARE(prio)
	COMPARE(directions)
	COMPARE(flags)
	COMPARE(impair_count)
	COMPARE(lease_ns)
	COMPARE(seed)
	COMPARE(match.present)
#define FIELD(id, words, type, level, directions, member, ...) \
	COMPARE(match.member)
#include <faultline/fields.def>
#undef FIELD
	for (__u32 i = 0; i < FL_IMPAIRS_MAX; i++) {
		COMPARE(impairs[i].kind)
		COMPARE(impairs[i].wrap_at)
#define PARAM(id, member, type, min, max, initial, argument, json, help) \
	if (a->impairs[i].kind == FL_IMPAIR_##id)                        \
	COMPARE(impairs[i].u.member)
#include <faultline/impairs.def>
	}
	COMPARE(file)
#undef COMPARE
#undef DIFFERS
	return NULL;
}
