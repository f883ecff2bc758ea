/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Out of our hands: packet by packet through an XDP socket, or, where they are
 * the segments of one buffer, as a buffer again, which costs the kernel behind
 * us a tenth.
 */
#include "send.h"

#include <errno.h>
#include <unistd.h>

#include "join.h"
#include "packet.h"

static const __u8 *frame_data(const struct worker *worker, __u32 index)
{
	return xsk_data(&worker->area, &worker->frames[index].packet);
}

/* Whether the frame may be joined to the one before. What comes in is what
 * the device would have joined itself, if it had not been given to us. */
static bool may_follow(const struct worker *worker,
		       const struct hold_frame *frame)
{
	return frame->follows || (frame->side == FL_IN && worker->joins_in);
}

/* How many of @frames, from the first on, are one buffer; 1: it is none. */
static __u32 find_joined(const struct worker *worker, const __u32 *frames,
			 __u32 count, struct join *join)
{
	const struct hold_frame *frame = &worker->frames[frames[0]];
	__u32 joined = 1;

	if (count < 2 || !may_follow(worker, &worker->frames[frames[1]]) ||
	    !join_begin(join, frame_data(worker, frames[0]),
			frame->packet.length))
		return 1;
	for (; joined < count; joined++) {
		frame = &worker->frames[frames[joined]];
		if (!may_follow(worker, frame) ||
		    !join_add(join, frame_data(worker, frames[joined]),
			      frame->packet.length, frame->follows))
			break;
	}
	return joined;
}

/* 0: all of them have gone, as one. */
static int send_joined(struct worker *worker, __u32 side, const __u32 *frames,
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
			(void *)(frame_data(worker, frames[i]) +
				 join->head_length),
			join_payload(join, i),
		};
	err = packet_send(worker->joined[side], &header, parts,
			  join->segments + 2);
	if (err)
		return err;
	for (__u32 i = 0; i < join->segments; i++)
		xsk_free(&worker->area, frames[i]);
	return 0;
}

/* It may do it the next time; or else never. */
static bool is_passing(int err)
{
	return err == -EBADMSG || err == -EAGAIN || err == -ENOBUFS ||
	       err == -ENOMEM || err == -EINTR;
}

static void push(struct worker *worker, __u32 side)
{
	int err = xsk_push(&worker->sender[side], &worker->area);

	if (err)
		worker->error = err;
}

static void queue(struct worker *worker, __u32 side, const __u32 *frames,
		  __u32 count)
{
	for (__u32 i = 0; i < count; i++)
		xsk_queue(&worker->sender[side],
			  &worker->frames[frames[i]].packet, 1);
}

/* Sends the first one and what makes one buffer with it. Returns how many. */
static __u32 send_next(struct worker *worker, __u32 side, const __u32 *frames,
		       __u32 count)
{
	struct join join;
	__u32 joined = 1;
	int err;

	if (worker->joined[side] >= 0)
		joined = find_joined(worker, frames, count, &join);
	if (joined == 1) {
		queue(worker, side, frames, 1);
		return 1;
	}
	/* What was queued before goes before. */
	push(worker, side);
	err = send_joined(worker, side, frames, &join);
	if (err)
		queue(worker, side, frames, joined);
	if (err && !is_passing(err)) {
		close(worker->joined[side]);
		worker->joined[side] = err;
	}
	return joined;
}

void hold_send(struct worker *worker, __u32 side, const __u32 *frames,
	       __u32 count)
{
	for (__u32 i = 0; i < count;)
		i += send_next(worker, side, frames + i, count - i);
	push(worker, side);
}
