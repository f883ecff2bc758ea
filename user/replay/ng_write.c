/* SPDX-License-Identifier: GPL-2.0-only */
#include "ng_write.h"

#include <string.h>

#include "ng_bytes.h"

#define SECTION_LENGTH 16 /* where it stands in its block */

void ng_write_block(FILE *file, struct ng_part *part)
{
	if (part->type == NG_SECTION)
		memset(part->bytes + SECTION_LENGTH, 0xff, 8);
	fwrite(part->bytes, 1, part->length, file);
}

/* The words in front of the data, behind type and length; how many bytes. */
static __u32 put_words(unsigned char *at, bool big,
		       const struct capture_frame *frame)
{
	if (frame->block == NG_SIMPLE) {
		ng_put32(at, frame->wire_length, big);
		return 4;
	}
	if (frame->block == NG_ENHANCED) {
		ng_put32(at, frame->interface, big);
	} else {
		ng_put16(at, (__u16)frame->interface, big);
		ng_put16(at + 2, frame->drops, big);
	}
	ng_put32(at + 4, (__u32)(frame->ticks >> 32), big);
	ng_put32(at + 8, (__u32)frame->ticks, big);
	ng_put32(at + 12, frame->length, big);
	ng_put32(at + 16, frame->wire_length, big);
	return 20;
}

void ng_write_frame(FILE *file, bool is_big, const struct capture_frame *frame)
{
	static const unsigned char zeros[4];
	unsigned char head[28], tail[4];
	__u32 size = 8 + put_words(head + 8, is_big, frame);
	__u32 padded = ng_padded(frame->length);
	__u32 length = size + padded + frame->options_length + 4;

	ng_put32(head, frame->block, is_big);
	ng_put32(head + 4, length, is_big);
	ng_put32(tail, length, is_big);
	fwrite(head, 1, size, file);
	fwrite(frame->data, 1, frame->length, file);
	fwrite(zeros, 1, padded - frame->length, file);
	if (frame->options_length)
		fwrite(frame->options, 1, frame->options_length, file);
	fwrite(tail, 1, sizeof(tail), file);
}
