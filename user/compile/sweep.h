/* SPDX-License-Identifier: GPL-2.0-only */
/* The classes of addresses and ports, by a sweep over the ends of ranges. */
#pragma once

#include <stddef.h>

#include <faultline/abi.h>
#include <faultline/ruleset.h>

struct compile_rule;

/*
 * Each rule constrains each dimension (an address or port at one end) to one
 * range, and "host" and "port" to one range at either end. A sweep over the
 * sorted range ends visits every interval in which the set of matching rules
 * is the same; equal sets share a class.
 */

typedef unsigned __int128 u128;

#define ADDRESS6_LAST (~(u128)0)
#define CLASS_HASHES (4 * FL_CLASSES_MAX)

struct range {
	u128 low, high; /* both ends included */
	int empty;
};

struct dimension {
	struct range all[FL_POSITIONS], any[FL_POSITIONS];
	u128 last; /* greatest value */
};

struct event {
	u128 at;
	unsigned position;
	unsigned char any, set;
};

struct interval {
	u128 start;
	__u16 class;
};

struct compiler {
	struct fl_ruleset *out;
	const struct compile_rule *rules;
	size_t count;
	size_t value[FL_POSITIONS]; /* that a rule asks of one dimension */
	unsigned class_count;
	__u16 hash[CLASS_HASHES]; /* class + 1 */
	struct dimension dimension;
	struct event events[4 * FL_POSITIONS];
	size_t event_count;
	struct interval intervals[FL_INTERVALS_MAX];
	size_t interval_count;
};

void class_set_bit(__u64 *words, size_t bit);

/* Number of the class equal to @class, added if it is new, or -E2BIG. */
int class_intern(struct compiler *c, const struct fl_class *class);

/* c->dimension -> c->intervals, sorted, each with its class; or -E2BIG. */
int compile_sweep(struct compiler *c);

/* c->intervals as the datapath reads them. */
void compile_store4(const struct compiler *c, struct fl_intervals4 *table);
void compile_store6(const struct compiler *c, struct fl_intervals6 *table);
void compile_store_ports(const struct compiler *c, __u16 *class_of);
