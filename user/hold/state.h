/* SPDX-License-Identifier: GPL-2.0-only */
/* What the worker has, and what the supervisor sees of it. */
#pragma once

#include <stdbool.h>

#include <linux/virtio_net.h>

#include <faultline/ticket.h>

#include "device/open.h"
#include "memory.h"
#include "wheel.h"

#define HOLD_LABEL_BITS 8
/* The largest packet, the parcel and a tag in it. */
#define HOLD_INBOX                                                      \
	(sizeof(struct virtio_net_hdr) + sizeof(struct fl_parcel) + 4 + \
	 FL_HELD_FRAME_MAX)

/* A packet that is held. */
struct hold_packet {
	struct wheel_entry entry; /* first */
	__u64 arrival_ns, departure_ns;
	struct guest *guest; /* whose it is */
	__u32 mark, priority;
	__u16 id; /* of the rule, or FL_PARCEL_NOBODY */
	__u8 side;
	bool labelled; /* the first tag of the frame is ours */
	__u32 length;  /* of the data */
	__u8 data[];   /* a virtio_net_hdr, and the frame as it is to be sent */
};

#define HOLD_RECENT_BITS 6 /* parcels that may belong to one more piece */

/*
 * A device whose packets are held. The usher opens it, gives it to the worker,
 * and gets it back when the worker has let it go; then closes it.
 */
struct guest {
	struct guest *next; /* of the worker's list, or of one to hand over */
	struct device *dev;
	struct fl_control *control;
	int tap[FL_SIDES];
	__u32 magic; /* of our parcels */
	struct fl_parcel recent[FL_SIDES][1 << HOLD_RECENT_BITS];
	__u32 label_last;
	__u16 label_at[1 << HOLD_LABEL_BITS];
	/* As the map of that name; what is not MAPPED is not there. */
	struct fl_holding *holdings;
	__u64 mapped[FL_HOLD_IDS / 64 + 1]; /* ids */
	__u32 generation;		    /* for which least_ns holds */
	__u64 least_ns[FL_HOLD_IDS];
	__u64 beat_ns; /* the latest of control */
	bool asleep;
	__u32 room;
	__u32 units, units_max; /* FL_HELD_UNITS that are held, and at most */
	__u64 busy_ns; /* when a packet last came or went, or was there */
	__u64 quiet_ns, until_ns; /* of one that leaves, see worker.c */
	bool leaves;		  /* the worker lets it go */
	/* The usher asks for that. */
	bool unwanted;
	int error; /* a tap device is of no more use */
	__u64 netns_inode;
	int netns, watch; /* see usher.c */
	__u64 settled_ns; /* the last work of which losses are known */
};

/* What the supervisor sees of the worker, in memory that both share. */
struct hold_shared {
	__u64 beat_ns;	       /* the worker goes round; 0: not yet */
	struct fl_error error; /* why it ended, when it has not come up */
};

/* The worker, of two threads: one that takes, waits and sends, and the usher.
 * Guests go from one to the other by the two lists. */
struct worker {
	struct hold_shared *shared;
	struct guest *guests;
	struct guest *arriving, *leaving; /* exchanged as a whole */
	__u8 *inbox; /* HOLD_INBOX bytes, for what has just come */
	struct memory memory;
	struct wheel wheel;
	int epoll;     /* all taps, and */
	int bell;      /* an eventfd: somebody arrives, or all is to end */
	__u64 used_ns; /* when something was last held; 0: all is tidy */
	__u64 looked_ns, look_ns; /* after the guests, and how long until the
				    * next time */
	__u64 spin_ns;		  /* awake before a departure */
	bool ending;		  /* all guests leave, and then it ends */
};

/* Another thread takes the whole list at once. */
static inline void guest_hand_over(struct guest **list, struct guest *guest)
{
	guest->next = __atomic_load_n(list, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(list, &guest->next, guest, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

static inline struct guest *guest_take_over(struct guest **list)
{
	return __atomic_load_n(list, __ATOMIC_RELAXED) ?
		       __atomic_exchange_n(list, NULL, __ATOMIC_ACQUIRE) :
		       NULL;
}
