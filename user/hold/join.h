/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segments of a TCP stream that follow each other, to be made one buffer: so
 * that they cost what one packet costs. Only where cutting it up again gives
 * the very same segments. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>
#include <linux/virtio_net.h>

/* Ethernet with two tags, IP and TCP with all their options. */
#define JOIN_HEAD_MAX (14 + 8 + 60 + 60)
#define JOIN_SEGMENTS 64u

struct join {
	__u8 head[JOIN_HEAD_MAX]; /* all headers, of the whole */
	size_t head_length;
	size_t ip, tcp;	      /* where those begin */
	const __u8 *first;    /* the first segment */
	size_t segment_bytes; /* payload of all but the last */
	size_t bytes;	      /* of all */
	__u32 segments;
	bool closed; /* nothing can come behind the last one */
};

/* With @frame as the first segment, which must stay where it is until
 * join_end(). False when it cannot be one. */
bool join_begin(struct join *join, const __u8 *frame, size_t length);

/*
 * False when @frame is not the next segment. @was_one: it was cut off the same
 * buffer as the one before, so that its checksum is as right as that one's;
 * else it is looked at.
 */
bool join_add(struct join *join, const __u8 *frame, size_t length,
	      bool was_one);

/*
 * Completes the headers; what the kernel has to know of them is in @header.
 * Behind them belong the segments, each without its first head_length bytes,
 * up to join_payload(). False when the checksum of the first one is not right:
 * then all must go as they are, for it has to stay wrong.
 */
bool join_end(struct join *join, struct virtio_net_hdr *header);

/* Payload of segment @index. */
static inline size_t join_payload(const struct join *join, __u32 index)
{
	return index + 1 < join->segments ?
		       join->segment_bytes :
		       join->bytes - index * join->segment_bytes;
}
