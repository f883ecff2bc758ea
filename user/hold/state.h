/* SPDX-License-Identifier: GPL-2.0-only */
/* What the worker has, and what the supervisor sees of it. */
#pragma once

#include <faultline/ticket.h>

#include "device/open.h"
#include "wheel.h"
#include "xsk.h"

/* One packet in a frame. */
struct hold_frame {
	__u64 arrival_ns, departure_ns;
	struct xsk_packet packet; /* without the parcel */
	__u16 id;		  /* of the rule, or FL_PARCEL_NOBODY */
	__u8 side;
	__u8 follows; /* of the same buffer as the one before */
	__u8 pad[4];
};

_Static_assert(sizeof(struct hold_frame) == 32, "two to a cache line");

/* What the supervisor sees of the worker, in memory that both share. */
struct hold_shared {
	__u64 busy_ns;	       /* when a packet last came or went, or was
				 * there at all */
	__u32 ready;	       /* it has come up */
	struct fl_error error; /* why it ended, when it has not come up */
};

/* The worker. */
struct worker {
	struct device *dev;
	struct fl_control *control;
	struct hold_shared *shared;
	struct xsk_area area;
	struct xsk receiver[FL_SIDES], sender[FL_SIDES];
	int joined[FL_SIDES]; /* packet sockets for buffers of segments, or
				 * -errno: they cannot be used */
	bool joins_in;	      /* the device has GRO */
	struct wheel wheel;
	struct hold_frame *frames;
	__u32 magic;			 /* of our parcels */
	__u32 depth;			 /* frames to receive into, each side */
	struct fl_parcel last[FL_SIDES]; /* of the frame before */
	__u32 generation;		 /* for which least_ns holds */
	__u64 least_ns[FL_HOLD_IDS];
	__u64 spin_ns; /* before a departure: do not sleep */
	__u64 beat_ns; /* the latest of control */
	__u32 room;
	int error; /* the sockets are of no more use */
};

/* Packets that are held, or being sent. */
static inline __u32 hold_count(const struct worker *worker)
{
	return worker->wheel.count + worker->sender[FL_IN].posted +
	       worker->sender[FL_OUT].posted;
}
