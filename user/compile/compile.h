/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules as the user writes them -> what the datapath reads. Pure: no map, no
 * clock; tests compile it together with the datapath on the host.
 */
#pragma once

#include <stddef.h>

#include <faultline/abi.h>
#include <faultline/ruleset.h>

struct compile_rule {
	const struct fl_rule *rule;
	__u16 cand; /* FL_CAND() of the rule's slot */
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
void compile_action(const struct fl_rule *rule, __u16 id,
		    struct fl_action *out);

/* An action that passes every packet and counts it as @count, FL_COUNT_*. */
void compile_pass(struct fl_action *out, __u32 count);

/* enum fl_state_kind: what @rule keeps between packets. */
__u32 compile_state(const struct fl_rule *rule);
/* Whether @rule keeps that per flow, or for all flows together. */
int compile_is_numbered(const struct fl_rule *rule);
int compile_is_shared(const struct fl_rule *rule);
/* The shared state of @rule before the first packet. */
void compile_chain(const struct fl_rule *rule, struct fl_chain *out);
/* When the packets of @rule depart. */
void compile_timing(const struct fl_rule *rule, struct fl_timing *out);
/* Whether impairment @kind does more than pass and drop. */
int compile_is_effect(__u32 kind);
/* Whether @rule takes a program at tc: for a copy, an answer, a rewrite. */
int compile_needs_tc(const struct fl_rule *rule);
