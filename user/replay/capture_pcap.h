/* SPDX-License-Identifier: GPL-2.0-only */
/* Classic pcap, read and written by libpcap. @name is for messages. */
#pragma once

#include <stdio.h>

#include "base/error.h"
#include "captured.h"
#include "stats/sample_capture.h"

struct classic;
struct classic_writer;

/* Takes over @file unless it fails, but for stdin. */
int classic_open(FILE *file, const char *name, struct sample_capture *facts,
		 struct classic **classic, struct fl_error *error);
int classic_read(struct classic *classic, struct capture_frame *frame,
		 struct fl_error *error);
void classic_close(struct classic *classic);

__u64 classic_time_ns(const struct classic *classic,
		      const struct capture_frame *frame);
void classic_set_time(const struct classic *classic,
		      struct capture_frame *frame, __u64 time_ns);

/* Never takes over @file. */
int classic_create(FILE *file, const char *name, const struct classic *like,
		   struct classic_writer **writer, struct fl_error *error);
void classic_write(struct classic_writer *writer,
		   const struct capture_frame *frame);
void classic_free_writer(struct classic_writer *writer);
