/* SPDX-License-Identifier: GPL-2.0-only */
#include "memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#define SPARES_MIN \
	16u	       /* are kept for the next burst, and half as many as are
			* in use */
#define CLASS_SHIFT 20 /* the first class is up to 2 ms */
#define ALIGN 8u

struct memory_segment {
	struct memory_segment *next; /* of the spare ones */
	__u32 blocks;		     /* in use */
	__u32 filled;		     /* bytes */
	bool current;		     /* is being filled */
};

/* ---- segments ----------------------------------------------------------- */

static struct memory_segment *segment_map(void)
{
	__u8 *memory = mmap(NULL, 2 * MEMORY_SEGMENT, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t before;

	if (memory == MAP_FAILED)
		return NULL;
	before = -(uintptr_t)memory % MEMORY_SEGMENT;
	if (before)
		munmap(memory, before);
	munmap(memory + before + MEMORY_SEGMENT, MEMORY_SEGMENT - before);
	return (struct memory_segment *)(memory + before);
}

static struct memory_segment *segment_get(struct memory *memory)
{
	struct memory_segment *segment = memory->spare;

	if (segment) {
		memory->spare = segment->next;
		memory->spares--;
	} else {
		segment = segment_map();
		if (!segment)
			return NULL;
	}
	memory->used++;
	*segment = (struct memory_segment){
		.filled = sizeof(*segment),
		.current = true,
	};
	return segment;
}

static void spares_limit(struct memory *memory, __u32 limit)
{
	while (memory->spares > limit) {
		struct memory_segment *segment = memory->spare;

		memory->spare = segment->next;
		memory->spares--;
		munmap(segment, MEMORY_SEGMENT);
	}
}

static void segment_put(struct memory *memory, struct memory_segment *segment)
{
	segment->next = memory->spare;
	memory->spare = segment;
	memory->spares++;
	memory->used--;
	spares_limit(memory, memory->used / 2 + SPARES_MIN);
}

/* Nothing more comes into it. */
static void segment_close(struct memory *memory, struct memory_segment *segment)
{
	segment->current = false;
	if (!segment->blocks)
		segment_put(memory, segment);
}

/* ---- blocks ------------------------------------------------------------- */

static __u32 class_of(__u64 stay_ns)
{
	__u32 class = 63u - (__u32)__builtin_clzll(stay_ns >> CLASS_SHIFT | 1);

	return class < MEMORY_CLASSES ? class : MEMORY_CLASSES - 1;
}

void *memory_get(struct memory *memory, size_t size, __u64 stay_ns)
{
	struct memory_segment **current = &memory->current[class_of(stay_ns)];
	struct memory_segment *segment = *current;
	void *block;

	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (size > MEMORY_BLOCK_MAX)
		return NULL;
	if (segment && segment->filled + size > MEMORY_SEGMENT) {
		segment_close(memory, segment);
		segment = NULL;
	}
	if (!segment)
		segment = *current = segment_get(memory);
	if (!segment)
		return NULL;
	block = (__u8 *)segment + segment->filled;
	segment->filled += (__u32)size;
	segment->blocks++;
	return block;
}

void memory_put(struct memory *memory, void *block)
{
	struct memory_segment *segment;

	segment = (void *)((uintptr_t)block & ~(uintptr_t)(MEMORY_SEGMENT - 1));
	if (--segment->blocks)
		return;
	if (segment->current)
		segment->filled = sizeof(*segment);
	else
		segment_put(memory, segment);
}

void memory_trim(struct memory *memory)
{
	for (int class = 0; class < MEMORY_CLASSES; class ++) {
		struct memory_segment *segment = memory->current[class];

		if (!segment || segment->blocks)
			continue;
		memory->current[class] = NULL;
		segment_close(memory, segment);
	}
	spares_limit(memory, 0);
}
