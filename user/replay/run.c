/* SPDX-License-Identifier: GPL-2.0-only */
#include "run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>

#include "frame.h"
#include "outcome.h"

#define FRAME_MAX 65536		/* far more than the kernel runs */
#define SHORT_MAX 64		/* the headers that the kernel looks at */
#define ROOM (FRAME_MAX + 4096) /* an answer may be longer than its packet */

int run_begin(struct run *run)
{
	run->ran.room = ROOM;
	run->ran.frame = malloc(ROOM);
	run->framed = calloc(1, ROOM);
	return run->ran.frame && run->framed ? 0 : -ENOMEM;
}

void run_end(struct run *run)
{
	free(run->ran.frame);
	free(run->framed);
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

/* Gives a packet without link header one that the programs can read. */
static const unsigned char *put_link(struct run *run,
				     const struct capture_frame *frame)
{
	__u8 version = frame->length ? frame->data[0] >> 4 : 0;
	__u16 type = version == 4 ? ETH_P_IP :
		     version == 6 ? ETH_P_IPV6 :
				    ETH_P_802_EX1;

	run->framed[12] = (unsigned char)(type >> 8);
	run->framed[13] = (unsigned char)type;
	memcpy(run->framed + ETH_HLEN, frame->data, frame->length);
	return run->framed;
}

/* Passes a frame that the kernel does not run. */
static void pass(struct run *run, const struct capture_frame *frame,
		 __u32 length)
{
	if (length < SHORT_MAX)
		run->report->too_short++;
	else
		run->report->too_long++;
	depart_now(&run->depart, frame);
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
 * that it looks at itself, and what does not fit into a page. */
static int run_frame(struct run *run, const struct capture_frame *frame,
		     struct fl_error *error)
{
	bool is_ip = capture_layer(run->in) == CAPTURE_IP;
	struct outcome outcome = {
		.frame = frame,
		.data = frame->data,
		.head = is_ip ? ETH_HLEN : 0,
		.ran = &run->ran,
	};
	int err = -EINVAL;

	outcome.length = frame->length + outcome.head;
	if (frame->length <= FRAME_MAX) {
		if (is_ip)
			outcome.data = put_link(run, frame);
		outcome.side = side_of(run, outcome.data, outcome.length);
		err = obj_replay(run->obj, outcome.side, outcome.data,
				 outcome.length, &run->ran);
	}
	if (!err)
		return write_outcome(run, &outcome, error);
	if (err != -EINVAL)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: packet %llu: the kernel does not run "
			       "it: %s",
			       run->in_name, run->report->packets,
			       strerror(-err));
	pass(run, frame, outcome.length);
	return 0;
}

int run_frames(struct run *run, struct fl_error *error)
{
	struct capture_frame frame;
	int code = 0;

	while (!code && !run->depart.full) {
		code = capture_read(run->in, &frame, error);
		if (code != CAPTURE_MORE)
			return code;
		depart_until(&run->depart, capture_time_ns(run->in, &frame));
		run->ran.now_ns = run->depart.now_ns;
		run->report->packets++;
		run->report->cut += frame.length < frame.wire_length;
		code = run_frame(run, &frame, error);
	}
	return code;
}
