/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One dimension -> intervals, by a sweep over the ends of the ranges that rules
 * ask for: it visits every interval in which the sets of matching rules are the
 * same.
 */
#pragma once

#include "sets.h"

typedef unsigned __int128 u128;

#define ADDRESS6_LAST (~(u128)0)

struct range {
	u128 low, high; /* both ends included */
	int empty;
};

/* The two sets of an interval. */
enum sweep_kind { SWEEP_ALL, SWEEP_ANY, SWEEP_KINDS };

struct sweep;

/* For sets of @sets, and intervals in @half of @maps. NULL: out of memory. */
struct sweep *sweep_new(const struct fl_maps *maps, __u32 half,
			struct sets *sets, size_t rules);
void sweep_free(struct sweep *sweep);

/* A dimension whose greatest value is @last. */
void sweep_begin(struct sweep *sweep, u128 last);
/* What @rule asks of it; NULL: nothing. Each rule once for each kind. */
void sweep_add(struct sweep *sweep, size_t rule, enum sweep_kind kind,
	       const struct range *range);
/* Keeps its intervals, in those of IPv6 where @is_v6; or -E2BIG. */
int sweep_run(struct sweep *sweep, bool is_v6, struct fl_stretch *out);
