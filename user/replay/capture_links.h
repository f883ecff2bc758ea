/* SPDX-License-Identifier: GPL-2.0-only */
/* Counting the link types of a capture, and libpcap's names for them. */
#pragma once

#include "base/error.h"
#include "stats/sample_capture.h"

/* Counts an interface of LINKTYPE_ @type. FL_EXIT_UNSUPPORTED when there are
 * too many link types, of @file. */
int capture_links_add(struct sample_capture *facts, __u32 type,
		      const char *file, struct fl_error *error);

/* Counts a packet of an interface that was counted. */
void capture_links_count(struct sample_capture *facts, __u32 type);
