/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules as the user says them -> what the datapath reads. Pure: no map, no
 * clock; tests compile it with the datapath on the host.
 */
#pragma once

#include <stddef.h>

#include <faultline/abi.h>

struct compile_rule {
	const struct fl_rule *rule;
	__u16 cand;		/* FL_CAND() of its slot */
};

/*
 * Fills @out, except rule_ids and rule_count, from @rules, first match first;
 * a rule whose cand is FL_CAND_NONE never matches. Returns 0, -ENOMEM, or
 * -E2BIG: too many different addresses, or combinations of them, for the
 * tables; @out is then undefined.
 */
int compile_ruleset(const struct compile_rule *rules, size_t count,
		    struct fl_ruleset *out);

/* The datapath's record of @rule. */
void compile_action(const struct fl_rule *rule, struct fl_action *out);

/* Whether the rule keeps a packet number per flow. */
int compile_is_numbered(const struct fl_rule *rule);
