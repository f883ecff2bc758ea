/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for packets that stay for a while: as much as they take, and given
 * back when they have gone. Those that stay for about as long share segments,
 * so that one which stays does not keep the memory of many which have left.
 */
#pragma once

#include <stddef.h>

#include <linux/types.h>

#define MEMORY_SEGMENT (256u << 10) /* bytes, aligned to as many */
#define MEMORY_BLOCK_MAX (MEMORY_SEGMENT / 2)
#define MEMORY_CLASSES 16 /* of times, each twice as long as the one before */

struct memory {
	struct memory_segment *current[MEMORY_CLASSES];
	struct memory_segment *spare;
	__u32 used, spares; /* segments */
};

/* A block of @size bytes, aligned to 8, for so long; NULL: there is none. */
void *memory_get(struct memory *memory, size_t size, __u64 stay_ns);
void memory_put(struct memory *memory, void *block);

/* Gives back what is not in use. */
void memory_trim(struct memory *memory);
