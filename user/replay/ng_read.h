/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a pcapng: what is a packet, and what goes on as it is. */
#pragma once

#include "base/error.h"
#include "ng_section.h"
#include "stats/sample_capture.h"

struct ng_reader {
	struct ng_blocks blocks;
	struct ng_section section; /* of the packet that was read last */
	struct ng_part part;
	const char *name; /* for messages */
	struct sample_capture *facts;
	unsigned long long count; /* packets read */
	bool is_begun;		  /* the first block was read */
};

/* Takes over @file, but for stdin; FL_EXIT_ERROR when it is no pcapng. */
int ng_open(FILE *file, const char *name, struct sample_capture *facts,
	    struct ng_reader **reader, struct fl_error *error);
/* As capture_read(). A section begins only when the next block is read: until
 * then packets of the one before can be written. */
int ng_read(struct ng_reader *reader, struct capture_frame *frame,
	    struct fl_error *error);
void ng_close(struct ng_reader *reader);

/* Of a packet that says no time: 0. */
__u64 ng_frame_time_ns(const struct ng_reader *reader,
		       const struct capture_frame *frame);
void ng_frame_set_time(const struct ng_reader *reader,
		       struct capture_frame *frame, __u64 time_ns);
