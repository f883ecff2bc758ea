/* SPDX-License-Identifier: GPL-2.0-only */
/* The frames of a capture through the programs. */
#pragma once

#include "base/error.h"
#include "capture.h"
#include "depart.h"
#include "kernel/obj.h"
#include "outcome.h"
#include "stats/sample_replay.h"

struct run {
	struct obj *obj; /* of load_replay(), with its rules */
	struct capture *in;
	const char *in_name;
	const struct fl_prefix *locals; /* what comes from there goes out */
	size_t local_count;
	/* Counts the frames; says which way they go without @locals. */
	struct sample_replay *report;
	struct depart depart;
	/* Of run_begin(): */
	struct obj_replayed ran;
	unsigned char *framed; /* a packet with a link header put before */
	struct outcome_room room;
};

/* Room for the frames. -ENOMEM; run_end() in any case. */
int run_begin(struct run *run);
/* Ends with the capture, with what is wrong in it, or when nothing more can be
 * written. FL_EXIT_*. */
int run_frames(struct run *run, struct fl_error *error);
void run_end(struct run *run);
