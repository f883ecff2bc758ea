/* SPDX-License-Identifier: GPL-2.0-only */
#include "ng_block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ng_bytes.h"

#define HEAD 8	   /* type, length */
#define ORDER 4	   /* a section's mark of its order of bytes */
#define FRAME 12   /* the head, and the length again */
#define SECTION 28 /* the least of a section's first block */
#define ORDER_MARK 0x1a2b3c4d

static int bad(struct ng_blocks *blocks, const char *why)
{
	blocks->why = why;
	return -EBADMSG;
}

static int short_read(const struct ng_blocks *blocks)
{
	return ferror(blocks->file) ? -EIO : -ENODATA;
}

static int make_room(struct ng_blocks *blocks, size_t size)
{
	unsigned char *room;

	if (size <= blocks->room_size)
		return 0;
	room = realloc(blocks->room, size);
	if (!room)
		return -ENOMEM;
	blocks->room = room;
	blocks->room_size = size;
	return 0;
}

/* The type of a section's first block is the same in both orders. */
static int find_order(struct ng_blocks *blocks, const unsigned char *mark)
{
	if (ng_get32(mark, false) == ORDER_MARK)
		blocks->is_big = false;
	else if (ng_get32(mark, true) == ORDER_MARK)
		blocks->is_big = true;
	else
		return bad(blocks, "a section in no order of bytes");
	return 0;
}

static int check_length(struct ng_blocks *blocks, __u32 type, __u32 length)
{
	if (length < (type == NG_SECTION ? SECTION : FRAME))
		return bad(blocks, "a block that is too short");
	if (length > NG_BLOCK_MAX)
		return bad(blocks, "a block of more than 16 MiB");
	if (length % 4)
		return bad(blocks, "the length of a block is no multiple of 4");
	return 0;
}

/* What is left of the block, after @got bytes in the room. */
static int read_rest(struct ng_blocks *blocks, __u32 got, __u32 length)
{
	unsigned char *room = blocks->room;

	if (fread(room + got, 1, length - got, blocks->file) != length - got)
		return short_read(blocks);
	if (ng_get32(room + length - 4, blocks->is_big) != length)
		return bad(blocks, "the two lengths of a block differ");
	return 0;
}

static int read_block(struct ng_blocks *blocks, __u32 type, __u32 *length)
{
	__u32 got = HEAD;
	int err = 0;

	if (type == NG_SECTION) {
		if (fread(blocks->room + HEAD, 1, ORDER, blocks->file) != ORDER)
			return short_read(blocks);
		got += ORDER;
		err = find_order(blocks, blocks->room + HEAD);
	}
	if (err)
		return err;
	*length = ng_get32(blocks->room + 4, blocks->is_big);
	err = check_length(blocks, type, *length);
	if (!err)
		err = make_room(blocks, *length);
	return err ? err : read_rest(blocks, got, *length);
}

int ng_block_read(struct ng_blocks *blocks, struct ng_part *part)
{
	size_t got;
	__u32 type, length;
	int err = make_room(blocks, SECTION);

	if (err)
		return err;
	got = fread(blocks->room, 1, HEAD, blocks->file);
	if (!got && !ferror(blocks->file))
		return 0;
	if (got != HEAD)
		return short_read(blocks);
	type = ng_get32(blocks->room, blocks->is_big);
	err = read_block(blocks, type, &length);
	if (err)
		return err;
	*part = (struct ng_part){
		.type = type,
		.is_big = blocks->is_big,
		.offset = blocks->offset,
		.bytes = blocks->room,
		.length = length,
		.body = blocks->room + HEAD,
		.body_length = length - FRAME,
	};
	blocks->offset += length;
	return 1;
}

void ng_block_free(struct ng_blocks *blocks)
{
	free(blocks->room);
	blocks->room = NULL;
	blocks->room_size = 0;
}
