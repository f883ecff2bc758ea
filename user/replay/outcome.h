/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of a frame that the programs have run. */
#pragma once

#include "depart.h"
#include "kernel/obj.h"

struct outcome {
	const struct capture_frame *frame; /* as it was read */
	/* As it was run: behind @head bytes of a link header that only the
	 * programs see. */
	const unsigned char *data;
	__u32 length, head;
	enum fl_side side;
	const struct obj_replayed *ran;
};

/*
 * Writes what comes of it, now or when it is due: the frame, its copy, the
 * answer to it, or nothing. -ENOBUFS: too many wait; -ENOMEM.
 */
int outcome_write(struct depart *depart, const struct outcome *outcome);
