/* SPDX-License-Identifier: GPL-2.0-only */
#include "setup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "device/ways.h"
#include "packet.h"

/* Packets that may come before we look again, on each side. */
#define DEPTH_MIN 4096u
#define DEPTH_MAX XSK_RING

/* A queue is free again only a while after its last owner has died. */
#define BUSY_NS 2000000000ull
#define BUSY_POLL_NS 5000000

#define SPIN_NS 60000ull

_Static_assert(FL_PARCEL_FRAME_MAX == XSK_PACKET_MAX, "room in a frame");

static void end_name(const struct worker *worker, enum ways_pair pair,
		     __u32 side, char name[16])
{
	ways_name(worker->dev->record.ifindex, pair, (enum fl_side)side, name);
}

/* Packets of a side leave by the end of our pair into which they go, and come
 * out of the other end of the pair into which our program sends them. */
static int open_one(struct worker *worker, __u32 side, bool receives,
		    char name[16])
{
	const struct fl_device *device = &worker->dev->record;
	__u32 mark = fl_ticket_magic(device->seed, 1);
	int err;

	if (receives) {
		end_name(worker, WAYS_TAKE, !side, name);
		return xsk_open_receiver(&worker->receiver[side], &worker->area,
					 name);
	}
	end_name(worker, WAYS_RETURN, side, name);
	err = xsk_open_sender(&worker->sender[side], &worker->area, name, mark);
	if (!err)
		worker->joined[side] = packet_open(name, mark);
	return err;
}

static int open_socket(struct worker *worker, __u32 side, bool receives,
		       struct fl_error *error)
{
	const struct timespec pause = { .tv_nsec = BUSY_POLL_NS };
	__u64 until = clock_now_ns() + BUSY_NS;
	char name[16];
	int err = open_one(worker, side, receives, name);

	while (err == -EBUSY && clock_now_ns() < until) {
		nanosleep(&pause, NULL);
		err = open_one(worker, side, receives, name);
	}
	if (!err)
		return 0;
	return fl_fail(error,
		       err == -EPERM ? FL_EXIT_PERMISSION : FL_EXIT_ERROR,
		       "cannot open an XDP socket on %s: %s", name,
		       strerror(-err));
}

/*
 * When we die the kernel closes the last one first, and after each it waits
 * for some 10 ms. Those into which packets come must not be left to the end,
 * or what comes until then is lost.
 */
static int open_sockets(struct worker *worker, struct fl_error *error)
{
	int code = 0;

	for (__u32 i = 0; i < 2 * FL_SIDES && !code; i++)
		code = open_socket(worker, i % FL_SIDES, i >= FL_SIDES, error);
	return code;
}

/* Whether packets that come in may be joined, as the device does it that they
 * come from; unless one packet to a buffer was asked for. */
static bool joins_in(const struct fl_device *device)
{
	struct netif_link link;
	int state;

	if (device->exact || netif_link_get_index(device->ifindex, &link))
		return false;
	state = netif_feature_get(link.name, "rx-gro");
	return state == NETIF_FEATURE_ON || state == NETIF_FEATURE_ON_FIXED;
}

int hold_set_up(struct worker *worker, struct fl_error *error)
{
	const struct fl_device *device = &worker->dev->record;
	__u32 frames, depth = device->held_max / 2;
	int err;

	if (depth < DEPTH_MIN)
		depth = DEPTH_MIN;
	if (depth > DEPTH_MAX)
		depth = DEPTH_MAX;
	frames = device->held_max + 2 * depth;
	worker->depth = depth;
	worker->magic = fl_ticket_magic(device->seed, 0);
	worker->spin_ns = SPIN_NS;
	worker->joins_in = joins_in(device);
	err = xsk_area_open(&worker->area, frames);
	if (!err)
		err = wheel_init(&worker->wheel, frames, clock_now_ns());
	worker->frames = calloc(frames, sizeof(*worker->frames));
	if (!err && !worker->frames)
		err = -ENOMEM;
	if (err == -EPERM)
		return fl_fail(error, FL_EXIT_PERMISSION,
			       "cannot open an XDP socket: %s: run as root",
			       strerror(-err));
	if (err)
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot get memory for %u packets (%zu MiB): %s",
			       device->held_max, worker->area.size >> 20,
			       strerror(-err));
	return open_sockets(worker, error);
}

int hold_receive_from_now(struct worker *worker, struct fl_error *error)
{
	for (__u32 side = 0; side < FL_SIDES; side++) {
		__u32 fd = (__u32)worker->receiver[side].fd;
		int err;

		xsk_refill(&worker->receiver[side], &worker->area,
			   worker->depth);
		err = obj_map_write(worker->dev->map[OBJ_SOCKETS], side, &fd);
		if (err)
			return fl_fail(error, FL_EXIT_ERROR,
				       "cannot give the sockets to the "
				       "programs: %s",
				       strerror(-err));
	}
	return 0;
}
