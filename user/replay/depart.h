/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frames of a replay on their way out: at once, or when they are due, so
 * that what is written is in order of time. Does to the counters of held
 * packets what bpf/back.h does on a device.
 */
#pragma once

#include <stdbool.h>

#include <faultline/abi.h>

#include "capture.h"
#include "due.h"

struct depart {
	struct capture_writer *out;
	const struct fl_spec *specs; /* by id */
	struct fl_holding *holdings; /* by id * FL_SIDES + side */
	__u64 now_ns;		     /* never goes back */
	__u64 written;
	struct due due;
	bool full; /* nothing more can be written */
};

#define DEPART_NOBODY (~0u) /* a copy, which no rule counts */

/* It is @now_ns, or later if it was already: lets go what is due. */
void depart_until(struct depart *depart, __u64 now_ns);
/* Writes @frame as it is. */
void depart_now(struct depart *depart, const struct capture_frame *frame);
/*
 * Writes it when it is @departure_ns, and at once when that is past; of
 * holding @holding or DEPART_NOBODY. -ENOBUFS: too many wait; -ENOMEM.
 */
int depart_at(struct depart *depart, const struct capture_frame *frame,
	      __u64 departure_ns, __u32 holding);
/* Writes what was read last and is no packet. */
void depart_pass(struct depart *depart);
/* Nothing more comes that they could be in order with: lets all go. */
void depart_all(struct depart *depart);
