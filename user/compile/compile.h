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
	__u16 cand; /* FL_CAND(); FL_CAND_NONE: it never matches */
	__u16 id;   /* FL_ID_EXEMPT of guards */
};

/*
 * Fills @half of @maps from @rules, first match first, the user's last. Returns
 * 0, -ENOMEM, or -E2BIG: too many different addresses, or combinations of them,
 * for the tables; the half is then undefined.
 */
int compile_ruleset(const struct compile_rule *rules, size_t count,
		    const struct fl_maps *maps, __u32 half);

/* The datapath's record of @rule, in two parts. */
void compile_action(const struct fl_rule *rule, __u16 id,
		    struct fl_action *out);
void compile_detail(const struct fl_rule *rule, struct fl_detail *out);

/* An action that passes every packet and counts it as @id, FL_ID_*. */
void compile_pass(struct fl_action *out, __u16 id);

/* Whether @rule keeps something between packets, for each flow. */
int compile_is_numbered(const struct fl_rule *rule);
/* The shared state of @rule before the first packet. */
void compile_chain(const struct fl_rule *rule, struct fl_chain *out);
/* When the packets of @rule depart. */
void compile_timing(const struct fl_rule *rule, struct fl_timing *out);
/* Whether impairment @kind does more than pass and drop. */
int compile_is_effect(__u32 kind);
/* Whether @rule takes a program at tc: for a copy, an answer, a rewrite. */
int compile_needs_tc(const struct fl_rule *rule);
