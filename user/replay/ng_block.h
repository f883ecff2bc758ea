/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The blocks of a pcapng, one after the other. Whatever the file says, no more
 * than NG_BLOCK_MAX bytes of it are kept, and nothing past a block is read.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include <linux/types.h>

#define NG_BLOCK_MAX (16u << 20)
#define NG_MAGIC 0x0a0d0d0a /* the type of a section's first block */

enum ng_block {
	NG_INTERFACE = 1,
	NG_PACKET = 2, /* obsolete */
	NG_SIMPLE = 3,
	NG_ENHANCED = 6,
	NG_SECTION = NG_MAGIC,
};

struct ng_part {
	__u32 type; /* enum ng_block, or any other */
	bool is_big;
	__u64 offset;	      /* in the file */
	unsigned char *bytes; /* all of it, until the next is read */
	__u32 length;
	const unsigned char *body; /* without lengths and type */
	__u32 body_length;
};

/* Begun as zeros but for @file. */
struct ng_blocks {
	FILE *file;
	__u64 offset;
	bool is_big; /* the section that was begun last */
	unsigned char *room;
	size_t room_size;
	const char *why; /* after -EBADMSG: what is wrong */
};

/*
 * Returns 1 with *@part filled, 0 at the end, -ENODATA when the file ends
 * within a block, -EBADMSG, -EIO, -ENOMEM.
 */
int ng_block_read(struct ng_blocks *blocks, struct ng_part *part);
void ng_block_free(struct ng_blocks *blocks);
