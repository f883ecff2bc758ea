/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for packets: no two blocks overlap, and what is given back is. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "hold/memory.h"
#include "lib/tap.h"

#define BLOCKS 4000u
#define MS 1000000ull

struct block {
	__u8 *at;
	size_t size;
	__u8 fill;
};

static struct memory memory;
static struct block blocks[BLOCKS];
static __u64 seed = 1;

static __u64 below(__u64 limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % limit;
}

static bool get(struct block *block, size_t size, __u64 stay_ns)
{
	block->at = memory_get(&memory, size, stay_ns);
	if (!block->at)
		return false;
	block->size = size;
	block->fill = (__u8)below(256);
	memset(block->at, block->fill, size);
	return !((uintptr_t)block->at % 8);
}

/* Whether it is as it was filled. */
static bool put(struct block *block)
{
	bool good = true;

	for (size_t i = 0; i < block->size; i++)
		good = good && block->at[i] == block->fill;
	memory_put(&memory, block->at);
	block->at = NULL;
	return good;
}

static bool put_all(void)
{
	bool good = true;

	for (__u32 i = 0; i < BLOCKS; i++)
		if (blocks[i].at)
			good = put(&blocks[i]) && good;
	return good;
}

static void check_shake(void)
{
	bool good = true;

	for (int round = 0; round < 100000; round++) {
		struct block *block = &blocks[below(BLOCKS)];
		size_t size = below(20) ? 60 + below(1500) : 1 + below(66000);

		if (block->at)
			good = put(block) && good;
		else
			good = get(block, size, below(3000 * MS)) && good;
	}
	tap_ok(good && put_all(), "blocks of all sizes keep what they have");
	tap_is_u64(memory.spares < 40, true, "few segments are kept");
	memory_trim(&memory);
	tap_is_u64(memory.used + memory.spares, 0, "in the end none");
}

static void check_sizes(void)
{
	tap_ok(get(&blocks[0], MEMORY_BLOCK_MAX, 0) && put(&blocks[0]),
	       "the largest block");
	tap_ok(!memory_get(&memory, MEMORY_BLOCK_MAX + 1, 0),
	       "none that is larger");
	memory_trim(&memory);
}

/* A few that stay among many that go. */
static void check_classes(void)
{
	__u32 stayers = 0;

	for (__u32 i = 0; i < 200000; i++) {
		struct block passing;

		if (i % 100 == 0)
			(void)get(&blocks[stayers++], 200, 10000 * MS);
		if (!get(&passing, 200, MS) || !put(&passing))
			break;
	}
	tap_is_u64(stayers, 2000, "2,000 stay of 200,000");
	tap_ok(memory.used <= 2 + 2000 * 200 / MEMORY_SEGMENT + 1,
	       "and keep %u segments only", memory.used);
	tap_ok(put_all(), "until they go, too");
	memory_trim(&memory);
	tap_is_u64(memory.used + memory.spares, 0, "in the end none");
}

int main(void)
{
	check_shake();
	check_sizes();
	check_classes();
	return tap_done();
}
