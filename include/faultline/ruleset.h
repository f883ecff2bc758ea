/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of one device as the datapath reads them, and how large the maps
 * are. See abi.h for the conventions.
 *
 * A rule has a position in the order of matching. Each dimension (an address
 * or port at one end, protocol, VLAN) is cut into intervals in which the same
 * rules match. An interval names two sets of rules: "all" has those whose own
 * constraint on this dimension holds, or is absent; "any" those with an
 * either-end constraint ("host", "port") that holds at this end, and every rule
 * without one. A rule matches when it is in "all" of every dimension and in
 * "any" of at least one end.
 *
 * A set is a vector of positions, in two levels. Its bits are cut into blocks,
 * and equal blocks are kept once, as are equal vectors: two intervals next to
 * each other differ in one block.
 */
#pragma once

#include "abi.h"

#define FL_BLOCK_BITS 512
#define FL_BLOCK_WORDS (FL_BLOCK_BITS / 64)
#define FL_BLOCK_EMPTY 0 /* block in which no bit is set */
struct fl_block {
	__u64 words[FL_BLOCK_WORDS];
};

/*
 * A vector is words in map "vectors": first a bit for each block that is not
 * empty, then the numbers of the blocks, four to a word, lowest first.
 * FL_VECTOR_EVERY has every rule, and is not kept.
 */
#define FL_VECTOR_EVERY 0
#define FL_VECTOR_WORDS(positions) \
	(1 + ((positions) + 4 * FL_BLOCK_BITS - 1) / (4 * FL_BLOCK_BITS))

struct fl_interval {
	__u32 start; /* host order; it ends where the next one starts */
	__u16 all, any;
};

struct fl_interval6 {
	__u64 start_high, start_low;
	__u16 all, any;
	__u32 pad;
};

/* An entry of the map has several, so that one lookup serves the last steps of
 * a search. */
#define FL_INTERVALS 64 /* powers of two */
#define FL_INTERVALS6 32
struct fl_intervals {
	struct fl_interval at[FL_INTERVALS];
};

struct fl_intervals6 {
	struct fl_interval6 at[FL_INTERVALS6];
};

/* The intervals of one dimension, sorted: the first of them starts at 0, and
 * the last one is repeated to the end of its entry. */
struct fl_stretch {
	__u32 first, count; /* entries; 0: no rule asks anything of it */
	__u32 step; /* the first one of a search: a power of two, or 0 */
	__u32 pad;
};

struct fl_position {
	__u16 cand; /* FL_CAND_NONE: it never matches */
	__u16 id;
	__u32 pad;
};

/* One half of map "rulesets": the half in force is generation & 1. Where its
 * shares of the maps below begin, and what is in them. */
struct fl_ruleset {
	__u32 rule_count;     /* user's rules, the last ones of all: */
	__u32 position_count; /* guards and rules in either direction */
	__u32 first_position, first_vector, vector_words, first_block;
	__u32 has_rules[FL_SIDES]; /* 0: nothing can match on this side */
	__u32 valid[FL_SIDES];	   /* set of the rules of that side */
	struct fl_stretch v4[FL_SIDES][FL_ENDS];
	struct fl_stretch v6[FL_SIDES][FL_ENDS];
	struct fl_stretch ports[FL_SIDES][FL_ENDS];
	struct fl_stretch proto, vlan;
};

/* Entries of the maps of maps.def, those of a ruleset in one half. */
struct fl_sizes {
	__u32 slots; /* of the flow table */
	__u32 ids, ids_plain;
	__u32 positions, vectors, vector_words, blocks, intervals, intervals6;
};

/* The maps of these names where user space has them. */
struct fl_maps {
	struct fl_ruleset *rulesets;
	struct fl_position *positions;
	__u64 *vectors;
	struct fl_block *blocks;
	struct fl_intervals *intervals;
	struct fl_intervals6 *intervals6;
	struct fl_sizes sizes;
	struct fl_sizes room; /* of one half, that may be written */
};

static inline __u32 fl_at_least(__u32 number, __u32 least)
{
	return number < least ? least : number;
}

/*
 * For @rules, 1 to FL_RULES_MAX; devices have them for FL_RULES_MAX. Enough for
 * as many that ask each for an address and a port of their own, in either
 * family; 6.1 gives a value 4 MiB at most, which none of them comes near.
 */
static inline struct fl_sizes fl_sizes_of(__u32 rules, __u32 slots)
{
	struct fl_sizes sizes = {
		.slots = slots,
		.ids = rules > FL_HOLDS_MAX ? FL_IDS : FL_ID_FIRST + rules,
		.positions = FL_GUARDS_MAX + rules,
		.vectors = fl_at_least(3 * rules + 1024, 8192),
		.vector_words = FL_VECTOR_WORDS(FL_GUARDS_MAX + rules),
		.blocks = fl_at_least(2 * rules + 4096, 8192),
		.intervals = fl_at_least(9 * rules, 32768) / FL_INTERVALS,
		.intervals6 = fl_at_least(5 * rules, 16384) / FL_INTERVALS6,
	};

	sizes.ids_plain = sizes.ids < FL_IDS_PLAIN ? sizes.ids : FL_IDS_PLAIN;
	return sizes;
}

/* What of it @count rules need, unless each asks for much in many
 * dimensions. */
static inline struct fl_sizes fl_room_of(const struct fl_sizes *sizes,
					 __u32 count)
{
	const __u32 some = 16 * count + 256;
	struct fl_sizes room = *sizes;

	room.vectors = some < room.vectors ? some : room.vectors;
	room.blocks = some < room.blocks ? some : room.blocks;
	room.intervals = some < room.intervals ? some : room.intervals;
	room.intervals6 = some < room.intervals6 ? some : room.intervals6;
	return room;
}

_Static_assert(3 * FL_RULES_MAX + 1024 < 65536,
	       "the number of a set is 16 bits");
_Static_assert(FL_GUARDS_MAX + FL_RULES_MAX <= 64 * FL_BLOCK_BITS,
	       "a bit for each block of a vector");
