/* SPDX-License-Identifier: GPL-2.0-only */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>

#include "frame.h"
#include "link.h"

#define ROOM (OBJ_HEAD_MAX + 4096) /* an answer may be longer */

int run_begin(struct run *run)
{
	run->ran.room = ROOM;
	run->ran.frame = malloc(ROOM);
	run->framed = calloc(1, OBJ_HEAD_MAX);
	return run->ran.frame && run->framed ? 0 : -ENOMEM;
}

void run_end(struct run *run)
{
	free(run->ran.frame);
	free(run->framed);
	free(run->room.bytes);
}

static enum fl_side side_of(const struct run *run, const unsigned char *frame,
			    size_t length)
{
	struct fl_prefix source;

	if (!run->report->sided)
		return run->report->out ? FL_OUT : FL_IN;
	if (!frame_source(frame, length, &source))
		return FL_IN;
	for (size_t i = 0; i < run->local_count; i++)
		if (frame_is_within(&source, &run->locals[i]))
			return FL_OUT;
	return FL_IN;
}

static __u32 least(__u32 a, __u32 b)
{
	return a < b ? a : b;
}

/* What the program is given: the head of an Ethernet frame, or of one made of
 * the packet that is there in another. */
static void take_head(struct run *run, const struct capture_frame *frame,
		      const struct link_packet *packet, struct obj_head *head)
{
	__u32 link = packet->is_ethernet ? 0 : ETH_HLEN;
	__u32 missing = frame->wire_length > frame->length ?
				frame->wire_length - frame->length :
				0;

	head->captured = frame->length - packet->at + link;
	head->wire_length = head->captured + missing;
	head->length = least(head->captured, OBJ_HEAD_MAX);
	head->data = frame->data;
	if (!link)
		return;
	run->framed[12] = (unsigned char)(packet->ethertype >> 8);
	run->framed[13] = (unsigned char)packet->ethertype;
	memcpy(run->framed + link, frame->data + packet->at,
	       head->length - link);
	head->data = run->framed;
}

static int write_outcome(struct run *run, const struct outcome *outcome,
			 struct fl_error *error)
{
	int err = outcome_write(&run->depart, outcome);

	if (err == -ENOBUFS)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: packet %llu: %zu packets are held "
			       "already, and a device would drop it: try a "
			       "larger --held",
			       run->in_name, run->report->packets,
			       run->depart.due.max);
	return err ? fl_fail(error, FL_EXIT_ERROR, "out of memory") : 0;
}

/* The kernel refuses what is shorter than a link header, or than the headers
 * that it looks at itself: that passes. */
static int run_frame(struct run *run, const struct capture_frame *frame,
		     struct fl_error *error)
{
	struct link_packet packet;
	struct obj_head head;
	struct outcome outcome = {
		.frame = frame,
		.head = &head,
		.ran = &run->ran,
		.room = &run->room,
	};
	int err;

	link_find(frame->link, frame->data, frame->length, &packet);
	take_head(run, frame, &packet, &head);
	outcome.at = packet.at;
	outcome.link = packet.is_ethernet ? 0 : ETH_HLEN;
	outcome.side = side_of(run, head.data, head.length);
	err = obj_replay(run->obj, outcome.side, &head, &run->ran);
	if (!err)
		return write_outcome(run, &outcome, error);
	if (err != -EINVAL)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: packet %llu: the kernel does not run "
			       "it: %s",
			       run->in_name, run->report->packets,
			       strerror(-err));
	run->report->too_short++;
	depart_now(&run->depart, frame);
	return 0;
}

static int take_frame(struct run *run, const struct capture_frame *frame,
		      struct fl_error *error)
{
	depart_until(&run->depart, capture_time_ns(run->in, frame));
	run->ran.now_ns = run->depart.now_ns;
	run->report->packets++;
	run->report->cut += frame->length < frame->wire_length;
	return run_frame(run, frame, error);
}

/* The interfaces of a packet are those of its section: what waits when that
 * ends is written before. */
static int pass_block(struct run *run, bool is_section)
{
	if (is_section)
		depart_all(&run->depart);
	depart_pass(&run->depart);
	return 0;
}

int run_frames(struct run *run, struct fl_error *error)
{
	struct capture_frame frame;
	int code = 0;

	while (!code && !run->depart.full) {
		code = capture_read(run->in, &frame, error);
		if (code == CAPTURE_MORE)
			code = take_frame(run, &frame, error);
		else if (code == CAPTURE_BLOCK || code == CAPTURE_SECTION)
			code = pass_block(run, code == CAPTURE_SECTION);
		else
			break;
	}
	return code;
}
