/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames that wait, in order of departure, and in the order in which they
 * went in where that is the same. Pure: the time is what the caller says.
 */
#pragma once

#include <stddef.h>

#include <linux/types.h>

#include "captured.h"

struct due_frame {
	__u64 departure_ns;
	__u64 waited_ns; /* in the end */
	__u32 tag;	 /* the caller's */
	struct capture_frame frame;
};

/* Begun as zeros but for @max. */
struct due {
	size_t max; /* frames at once */
	size_t count, room;
	__u64 put; /* frames so far */
	struct due_entry *heap;
};

/* Copies @frame with its data and options. -ENOBUFS: there are so many
 * already; -ENOMEM. */
int due_put(struct due *due, const struct due_frame *frame);
/* The next to go, or NULL; until it is dropped or another one put in. */
const struct due_frame *due_first(const struct due *due);
void due_drop_first(struct due *due);
void due_free(struct due *due);
