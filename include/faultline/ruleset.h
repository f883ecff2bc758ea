/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules of one device as the datapath reads them. See abi.h for the
 * conventions. */
#pragma once

#include "abi.h"

/*
 * Which rules a value of one dimension lets through, bit per position.
 * all[]: rules whose own constraint on this dimension holds (or is absent).
 * any[]: rules with an either-end constraint ("host", "port") that holds at
 * this end, and every rule without one. A rule matches when it is in all[] of
 * every dimension and in any[] of at least one end.
 */
struct fl_class {
	__u64 all[FL_WORDS];
	__u64 any[FL_WORDS];
};

struct fl_intervals4 {
	__u32 start[FL_INTERVALS_MAX]; /* sorted; padded with the last */
	__u16 class_of[FL_INTERVALS_MAX];
};

struct fl_intervals6 {
	__u64 start_high[FL_INTERVALS_MAX];
	__u64 start_low[FL_INTERVALS_MAX];
	__u16 class_of[FL_INTERVALS_MAX];
};

/* One half of map "rulesets": the half in force is generation & 1. */
struct fl_ruleset {
	__u32 rule_count;	   /* user's rules: entries of rule_ids */
	__u32 position_count;	   /* guards and rules in either direction */
	__u32 has_rules[FL_SIDES]; /* 0: nothing can match on this side */
	__u16 rule_ids[FL_RULES_MAX];
	__u16 cand_of[FL_POSITIONS];
	__u64 valid[FL_SIDES][FL_WORDS];
	struct fl_intervals4 v4[FL_SIDES][FL_ENDS];
	struct fl_intervals6 v6[FL_SIDES][FL_ENDS];
	__u16 port_class[FL_SIDES][FL_ENDS][65536]; /* by host-order port */
	__u16 port_none[FL_SIDES][FL_ENDS];	    /* packets without ports */
	__u16 proto_class[FL_SIDES][256];
	__u16 vlan_class[FL_SIDES][FL_VLANS];
	struct fl_class classes[FL_CLASSES_MAX];
};

_Static_assert(sizeof(struct fl_ruleset) < 4 << 20,
	       "6.1 refuses array values above 4 MiB");
