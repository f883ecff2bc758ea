/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of packets, read, and written in the format in which they were read:
 * pcap, and pcapng by its blocks. "-" is stdin or stdout. What returns int
 * returns 0 or an enum fl_exit with @error naming the file, unless said
 * otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include <linux/types.h>

#include "base/error.h"
#include "capture_code.h"
#include "captured.h"
#include "stats/sample_capture.h"

struct capture;
struct capture_writer;

/* When @frame came, in ns; what no file can say is taken to the next that
 * one can. */
__u64 capture_time_ns(const struct capture *capture,
		      const struct capture_frame *frame);

/* FL_EXIT_UNSUPPORTED for a pcap whose packets cannot be found. */
int capture_open(const char *path, struct capture **capture,
		 struct fl_error *error);
/*
 * An enum capture_code, 0 at the end, or an enum fl_exit: FL_EXIT_CUT_OFF when
 * the file ends in a record; all those before it were read.
 */
int capture_read(struct capture *capture, struct capture_frame *frame,
		 struct fl_error *error);
/* What is known of it so far. */
const struct sample_capture *capture_facts(const struct capture *capture);
void capture_close(struct capture *capture);

/*
 * Makes a file of the same kind as @like, of which nothing must be in it yet:
 * FL_EXIT_USAGE when @path is the very file that @like is read from. @like
 * must stay open.
 */
int capture_create(const char *path, struct capture *like,
		   struct capture_writer **writer, struct fl_error *error);
/* When @frame goes, rounded to the unit of the file. */
void capture_set_time(const struct capture_writer *writer,
		      struct capture_frame *frame, __u64 time_ns);
/* These are false once nothing more can be written: capture_finish() says
 * why. The second writes what was read last and is no packet. */
bool capture_write(struct capture_writer *writer,
		   const struct capture_frame *frame);
bool capture_pass(struct capture_writer *writer);
/* Closes it and says what went wrong; what failed on stdout main will say. No
 * file is left then, nor when the caller wants it to be @removed. */
int capture_finish(struct capture_writer *writer, bool removed,
		   struct fl_error *error);
