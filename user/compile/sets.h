/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of rules as the datapath reads them (ruleset.h), each kept once. A set
 * is made by putting rules in and taking them out; what that changes is one
 * block a rule, so that the next set costs little when it differs little.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <faultline/ruleset.h>

struct sets;
struct set;

/* For the rules 0 to @rules - 1, to be kept in @half of @maps. NULL: out of
 * memory. */
struct sets *sets_new(const struct fl_maps *maps, __u32 half, size_t rules);
void sets_free(struct sets *sets);

/* An empty set, or NULL. Its sets have to be freed first. */
struct set *set_new(const struct sets *sets);
void set_free(struct set *set);
void set_clear(const struct sets *sets, struct set *set);

/* @rule is in it from now on, or where not @in is not. */
void set_put(struct set *set, size_t rule, bool in);
bool set_is_empty(const struct set *set);

/* The number of the vector that is kept of it, or -E2BIG. */
int set_keep(struct sets *sets, struct set *set);
/* The same, but FL_VECTOR_EVERY where that can be said. */
int set_number(struct sets *sets, struct set *set);
