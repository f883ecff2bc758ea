/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the hold*.c files only. */
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <time.h>

#include <faultline/ticket.h>

#include "device/open.h"
#include "hold.h"
#include "wheel.h"
#include "xsk.h"

/* Of one packet in a frame. */
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
struct hold {
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
	__u64 least_ns[FL_RULES_MAX];
	__u64 spin_ns; /* before a departure: do not sleep */
	__u64 beat_ns; /* the latest of control */
	__u32 room;
	int error; /* the sockets are of no more use */
};

/* ---- hold_worker.c ------------------------------------------------------ */

/* The whole life of a worker whose supervisor is @parent. The exit status. */
int hold_work(struct device *dev, struct hold_shared *shared, pid_t parent);

/* ---- hold_open.c -------------------------------------------------------- */

/* Everything that the worker needs, but what makes packets come. */
int hold_open(struct hold *hold, struct fl_error *error);

/* From here on packets come. */
int hold_receive_from_now(struct hold *hold, struct fl_error *error);

/* ---- hold_take.c -------------------------------------------------------- */

/* Takes what has come, all of it if it can: that is a matter of milliseconds
 * also after a long time. Returns how many. */
__u32 hold_take(struct hold *hold);

/* Much has come that is still to be taken. */
bool hold_is_behind(struct hold *hold);

/* Packets that are held, or being sent. */
__u32 hold_count(const struct hold *hold);

/* ---- hold_release.c ----------------------------------------------------- */

/* Sends on what is due at @now_ns, for a while. Returns how many. */
__u32 hold_release(struct hold *hold, __u64 now_ns);

/* ---- hold_send.c -------------------------------------------------------- */

/* Sends them in this order by the device of @side. Their frames are no longer
 * the caller's. */
void hold_send(struct hold *hold, __u32 side, const __u32 *frames, __u32 count);

/* ---- hold_lost.c -------------------------------------------------------- */

/*
 * Of packets that were counted as held: with the worker gone and nothing held
 * any more, those that have not gone on are lost. Some may still be on their
 * way, so the least of what is seen during @look_ns is added. @last: the
 * devices, and what their queues say that they lost, are about to go as well.
 */
void hold_count_lost(struct device *dev, __u64 look_ns, bool last);

/*
 * With all quiet there is nothing on its way, and what is lost is known
 * exactly. False when it was not so quiet.
 */
bool hold_settle_lost(struct device *dev, const struct hold_shared *shared);

/* ---- hold_watch.c ------------------------------------------------------- */

/* Says when the devices change: a descriptor that becomes readable. */
int hold_watch_open(void);

/* Reads what has come. */
void hold_watch_drain(int fd);

/* Whether what is attached is still what @engine has open, and its device is
 * here. */
bool hold_is_attached(const struct device *dev);

/*
 * Only one process holds the packets of a device. Returns a descriptor that
 * has the lock for as long as any process has it open; -EBUSY.
 */
int hold_lock(const struct device *dev);
