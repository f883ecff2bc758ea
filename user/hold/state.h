/* SPDX-License-Identifier: GPL-2.0-only */
/* What the worker has, and what the supervisor sees of it. */
#pragma once

#include <stdbool.h>

#include <linux/virtio_net.h>

#include <faultline/ticket.h>

#include "device/open.h"
#include "memory.h"
#include "wheel.h"

/* A packet that is held. */
struct hold_packet {
	struct wheel_entry entry; /* first */
	__u64 arrival_ns, departure_ns;
	__u32 mark, priority;
	__u16 id; /* of the rule, or FL_PARCEL_NOBODY */
	__u8 side;
	bool labelled; /* the first tag of the frame is ours */
	__u32 length;  /* of the data */
	__u8 data[];   /* a virtio_net_hdr, and the frame as it is to be sent */
};

/* What the supervisor sees of the worker, in memory that both share. */
struct hold_shared {
	__u64 busy_ns;	       /* when a packet last came or went, or was
				 * there at all */
	__u32 ready;	       /* it has come up */
	struct fl_error error; /* why it ended, when it has not come up */
};

#define HOLD_LABEL_BITS 8
/* The largest packet, the parcel and a tag in it. */
#define HOLD_INBOX                                                      \
	(sizeof(struct virtio_net_hdr) + sizeof(struct fl_parcel) + 4 + \
	 FL_HELD_FRAME_MAX)

/* The worker. */
struct worker {
	struct device *dev;
	struct fl_control *control;
	struct hold_shared *shared;
	int tap[FL_SIDES];
	__u8 *inbox; /* HOLD_INBOX bytes, for what has just come */
	struct memory memory;
	struct wheel wheel;
	__u32 magic; /* of our parcels */
	__u32 label_last;
	__u16 label_at[1 << HOLD_LABEL_BITS];
	__u32 generation; /* for which least_ns holds */
	__u64 least_ns[FL_HOLD_IDS];
	__u64 spin_ns; /* before a departure: do not sleep */
	__u64 beat_ns; /* the latest of control */
	__u64 used_ns; /* when something was last held; 0: all is tidy */
	__u32 room;
	__u32 units, units_max; /* FL_HELD_UNITS that are held, and at most */
	int error;		/* a tap device is of no more use */
};
