/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of a frame that the programs have run. */
#pragma once

#include <stddef.h>

#include "depart.h"
#include "kernel/obj.h"

/* Where a frame is put together; begun as zeros. */
struct outcome_room {
	unsigned char *bytes;
	size_t size;
};

struct outcome {
	const struct capture_frame *frame; /* as it was read */
	/* As it was run: what begins at @at of the frame, behind @link bytes
	 * of a link header that only the programs see. */
	const struct obj_head *head;
	__u32 at, link;
	enum fl_side side;
	const struct obj_replayed *ran;
	struct outcome_room *room;
};

/*
 * Writes what comes of it, now or when it is due: the frame, its copy, the
 * answer to it, or nothing. -ENOBUFS: too many wait; -ENOMEM.
 */
int outcome_write(struct depart *depart, const struct outcome *outcome);
