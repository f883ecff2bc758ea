/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of packets: pcap and pcapng read, pcap written. The only room that
 * knows libpcap. "-" is stdin or stdout. What returns int returns 0 or an
 * enum fl_exit with @error naming the file, unless said otherwise.
 */
#pragma once

#include <stdio.h>

#include <linux/types.h>

#include "base/error.h"

enum capture_layer {
	CAPTURE_ETHERNET, /* frames begin with an Ethernet header */
	CAPTURE_IP,	  /* ... with the IP header */
};

struct capture_frame {
	const unsigned char *data; /* until the next one is read */
	__u32 length;		   /* of @data */
	__u32 wire_length;	   /* before the capture may have cut it */
	__s64 seconds, fraction;   /* in the unit of its file */
};

struct capture;
struct capture_writer;

/* When @frame came, in ns; what no file can say is taken to the next that
 * one can. */
__u64 capture_time_ns(const struct capture *capture,
		      const struct capture_frame *frame);

/* FL_EXIT_UNSUPPORTED for any other link layer. */
int capture_open(const char *path, struct capture **capture,
		 struct fl_error *error);
enum capture_layer capture_layer(const struct capture *capture);
/* CAPTURE_MORE with *@frame filled, 0 at the end, or an enum fl_exit. */
#define CAPTURE_MORE (-1)
int capture_read(struct capture *capture, struct capture_frame *frame,
		 struct fl_error *error);
void capture_close(struct capture *capture);

/*
 * Makes a file of the same kind as @like, of which nothing must be in it yet:
 * FL_EXIT_USAGE when @path is the very file that @like is read from.
 */
int capture_create(const char *path, const struct capture *like,
		   struct capture_writer **writer, struct fl_error *error);
/* When @frame goes, rounded to the unit of the file. */
void capture_set_time(const struct capture_writer *writer,
		      struct capture_frame *frame, __u64 time_ns);
/* False once nothing more can be written: capture_finish() says why. */
int capture_write(struct capture_writer *writer,
		  const struct capture_frame *frame);
/* Closes it and says what went wrong; what failed on stdout main will say. */
int capture_finish(struct capture_writer *writer, struct fl_error *error);
