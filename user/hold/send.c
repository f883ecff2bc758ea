/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Out of our hands: packet by packet through an XDP socket, or, where they are
 * the segments of one buffer, as a buffer again, which costs the kernel behind
 * us a tenth.
 */
#include <errno.h>
#include <unistd.h>

#include "private.h"
#include "join.h"
#include "packet.h"

static const __u8 *frame_data(const struct hold *hold, __u32 index)
{
	return xsk_data(&hold->area, &hold->frames[index].packet);
}

/* Whether the frame may be joined to the one before. What comes in is what
 * the device would have joined itself, if it had not been given to us. */
static bool may_follow(const struct hold *hold, const struct hold_frame *frame)
{
	return frame->follows || (frame->side == FL_IN && hold->joins_in);
}

/* How many of @frames, from the first on, are one buffer; 1: it is none. */
static __u32 find_joined(const struct hold *hold, const __u32 *frames,
			 __u32 count, struct join *join)
{
	const struct hold_frame *frame = &hold->frames[frames[0]];
	__u32 joined = 1;

	if (count < 2 || !may_follow(hold, &hold->frames[frames[1]]) ||
	    !join_begin(join, frame_data(hold, frames[0]),
			frame->packet.length))
		return 1;
	for (; joined < count; joined++) {
		frame = &hold->frames[frames[joined]];
		if (!may_follow(hold, frame) ||
		    !join_add(join, frame_data(hold, frames[joined]),
			      frame->packet.length, frame->follows))
			break;
	}
	return joined;
}

/* 0: all of them have gone, as one. */
static int send_joined(struct hold *hold, __u32 side, const __u32 *frames,
		       struct join *join)
{
	struct iovec parts[JOIN_SEGMENTS + 2];
	struct virtio_net_hdr header;
	int err;

	if (!join_end(join, &header))
		return -EBADMSG;
	parts[1] = (struct iovec){ join->head, join->head_length };
	for (__u32 i = 0; i < join->segments; i++)
		parts[i + 2] = (struct iovec){
			(void *)(frame_data(hold, frames[i]) +
				 join->head_length),
			join_payload(join, i),
		};
	err = packet_send(hold->joined[side], &header, parts,
			  join->segments + 2);
	if (err)
		return err;
	for (__u32 i = 0; i < join->segments; i++)
		xsk_free(&hold->area, frames[i]);
	return 0;
}

/* It may do it the next time; or else never. */
static bool is_passing(int err)
{
	return err == -EBADMSG || err == -EAGAIN || err == -ENOBUFS ||
	       err == -ENOMEM || err == -EINTR;
}

static void push(struct hold *hold, __u32 side)
{
	int err = xsk_push(&hold->sender[side], &hold->area);

	if (err)
		hold->error = err;
}

static void queue(struct hold *hold, __u32 side, const __u32 *frames,
		  __u32 count)
{
	for (__u32 i = 0; i < count; i++)
		xsk_queue(&hold->sender[side], &hold->frames[frames[i]].packet,
			  1);
}

/* Sends the first one and what makes one buffer with it. Returns how many. */
static __u32 send_next(struct hold *hold, __u32 side, const __u32 *frames,
		       __u32 count)
{
	struct join join;
	__u32 joined = 1;
	int err;

	if (hold->joined[side] >= 0)
		joined = find_joined(hold, frames, count, &join);
	if (joined == 1) {
		queue(hold, side, frames, 1);
		return 1;
	}
	/* What was queued before goes before. */
	push(hold, side);
	err = send_joined(hold, side, frames, &join);
	if (err)
		queue(hold, side, frames, joined);
	if (err && !is_passing(err)) {
		close(hold->joined[side]);
		hold->joined[side] = err;
	}
	return joined;
}

void hold_send(struct hold *hold, __u32 side, const __u32 *frames, __u32 count)
{
	for (__u32 i = 0; i < count;)
		i += send_next(hold, side, frames + i, count - i);
	push(hold, side);
}
