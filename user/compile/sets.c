/* SPDX-License-Identifier: GPL-2.0-only */
#include "sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/rng.h>

/* What is kept so far, found by its contents. Number 0 has a meaning of its
 * own in both. */
struct kept {
	__u64 *items;
	size_t words; /* of an item */
	__u32 count, limit;
	__u16 *table; /* numbers, by hash; 0: none */
	__u32 mask;
};

struct sets {
	size_t rules;
	struct kept blocks, vectors;
};

struct set {
	__u64 *bits;   /* by rule */
	__u64 *vector; /* as it is kept, but for the blocks ... */
	__u64 touched; /* ... that have changed, a bit for each */
	__u64 hash;    /* of the vector */
	size_t members;
};

static int kept_begin(struct kept *kept, void *items, size_t words, __u32 limit)
{
	__u32 size = 1;

	while (size < 2 * limit)
		size *= 2;
	*kept = (struct kept){
		.items = items,
		.words = words,
		.count = 1,
		.limit = limit,
		.table = calloc(size, sizeof(*kept->table)),
		.mask = size - 1,
	};
	return kept->table ? 0 : -ENOMEM;
}

/* The number of an equal item, or of a new one, or -E2BIG. */
static int keep(struct kept *kept, const __u64 *item, __u64 hash)
{
	size_t bytes = kept->words * sizeof(*item);
	__u32 at = (__u32)hash & kept->mask;

	for (; kept->table[at]; at = (at + 1) & kept->mask)
		if (!memcmp(kept->items + kept->table[at] * kept->words, item,
			    bytes))
			return kept->table[at];
	if (kept->count == kept->limit)
		return -E2BIG;
	memcpy(kept->items + kept->count * kept->words, item, bytes);
	kept->table[at] = (__u16)kept->count;
	return (int)kept->count++;
}

struct sets *sets_new(const struct fl_maps *maps, __u32 half, size_t rules)
{
	const struct fl_sizes *sizes = &maps->sizes;
	struct fl_block *blocks = maps->blocks + half * sizes->blocks;
	__u64 *vectors = maps->vectors +
			 half * sizes->vectors * sizes->vector_words;
	struct sets *sets = calloc(1, sizeof(*sets));
	int err = sets ? 0 : -ENOMEM;

	if (!err)
		err = kept_begin(&sets->blocks, blocks, FL_BLOCK_WORDS,
				 maps->room.blocks);
	if (!err)
		err = kept_begin(&sets->vectors, vectors, sizes->vector_words,
				 maps->room.vectors);
	if (err) {
		sets_free(sets);
		return NULL;
	}
	sets->rules = rules;
	memset(&blocks[FL_BLOCK_EMPTY], 0, sizeof(*blocks));
	return sets;
}

void sets_free(struct sets *sets)
{
	if (!sets)
		return;
	free(sets->blocks.table);
	free(sets->vectors.table);
	free(sets);
}

static size_t bits_words(const struct sets *sets)
{
	return (sets->rules / FL_BLOCK_BITS + 1) * FL_BLOCK_WORDS;
}

struct set *set_new(const struct sets *sets)
{
	struct set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->bits = calloc(bits_words(sets), sizeof(*set->bits));
	set->vector = calloc(sets->vectors.words, sizeof(*set->vector));
	if (set->bits && set->vector)
		return set;
	set_free(set);
	return NULL;
}

void set_free(struct set *set)
{
	if (!set)
		return;
	free(set->bits);
	free(set->vector);
	free(set);
}

void set_clear(const struct sets *sets, struct set *set)
{
	memset(set->bits, 0, bits_words(sets) * sizeof(*set->bits));
	memset(set->vector, 0, sets->vectors.words * sizeof(*set->vector));
	set->touched = 0;
	set->hash = 0;
	set->members = 0;
}

void set_put(struct set *set, size_t rule, bool in)
{
	__u64 bit = 1ull << rule % 64, *word = &set->bits[rule / 64];

	if (!(*word & bit) != in)
		return;
	*word ^= bit;
	set->touched |= 1ull << rule / FL_BLOCK_BITS;
	set->members += in ? 1 : -1ul;
}

bool set_is_empty(const struct set *set)
{
	return !set->members;
}

/* The number of the block, or -E2BIG. */
static int keep_block(struct sets *sets, const __u64 *words)
{
	__u64 hash = 0, any = 0;

	for (int i = 0; i < FL_BLOCK_WORDS; i++) {
		hash = fl_mix64(hash ^ words[i]);
		any |= words[i];
	}
	return any ? keep(&sets->blocks, words, hash) : FL_BLOCK_EMPTY;
}

/* What a block adds to the hash of its vector. */
static __u64 hash_of(size_t block, __u64 number)
{
	return number ? fl_mix64(block << 16 | number) : 0;
}

/* Brings block @at of the vector up to date. */
static int update_block(struct sets *sets, struct set *set, size_t at)
{
	int number = keep_block(sets, &set->bits[at * FL_BLOCK_WORDS]);
	__u64 *four = &set->vector[1 + at / 4];
	size_t shift = at % 4 * 16;
	__u64 old = *four >> shift & 0xffff;

	if (number < 0)
		return number;
	*four ^= (old ^ (__u64)number) << shift;
	set->vector[0] &= ~(1ull << at);
	set->vector[0] |= (__u64) !!number << at;
	set->hash ^= hash_of(at, old) ^ hash_of(at, (__u64)number);
	return 0;
}

int set_keep(struct sets *sets, struct set *set)
{
	for (; set->touched; set->touched &= set->touched - 1) {
		size_t at = (size_t)__builtin_ctzll(set->touched);
		int err = update_block(sets, set, at);

		if (err)
			return err;
	}
	return keep(&sets->vectors, set->vector, set->hash);
}

int set_number(struct sets *sets, struct set *set)
{
	return set->members == sets->rules ? FL_VECTOR_EVERY :
					     set_keep(sets, set);
}
