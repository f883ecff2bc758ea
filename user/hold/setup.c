/* SPDX-License-Identifier: GPL-2.0-only */
#include "setup.h"

#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/futex.h>

#include "device/ways.h"

#define SPIN_NS 60000ull
#define UNITS_MORE \
	32768u /* than asked for: what is on its way when it is full */

/* For a while after its last owner has died a device is still his; and the
 * kernel takes a moment to put it to work. */
#define OPEN_NS 2000000000ull
#define POLL_NS 1000000

/* ---- taps --------------------------------------------------------------- */

static int open_tap(const char *name)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	__u64 until = clock_now_ns() + OPEN_NS;
	int fd = netif_tap_open(name);

	while (fd == -EBUSY && clock_now_ns() < until) {
		nanosleep(&pause, NULL);
		fd = netif_tap_open(name);
	}
	return fd;
}

static int await_running(const char *name)
{
	const struct timespec pause = { .tv_nsec = POLL_NS };
	__u64 until = clock_now_ns() + OPEN_NS;
	struct netif_link link = { 0 };
	int err = netif_link_get(name, &link);

	while (!err && !(link.flags & IFF_RUNNING)) {
		if (clock_now_ns() >= until)
			return -ENETDOWN;
		nanosleep(&pause, NULL);
		err = netif_link_get(name, &link);
	}
	return err;
}

static int open_taps(struct worker *worker, char name[16])
{
	const struct fl_device *record = &worker->dev->record;
	int err = 0;

	for (int side = 0; side < FL_SIDES; side++) {
		ways_name(record->ifindex, (enum fl_side)side, name);
		worker->tap[side] = open_tap(name);
		if (worker->tap[side] < 0)
			return worker->tap[side];
	}
	for (int side = 0; side < FL_SIDES && !err; side++) {
		ways_name(record->ifindex, (enum fl_side)side, name);
		err = await_running(name);
	}
	return err;
}

int hold_set_up(struct worker *worker, struct fl_error *error)
{
	const struct fl_device *device = &worker->dev->record;
	int err = wheel_init(&worker->wheel, clock_now_ns());
	char name[16];

	worker->inbox = malloc(HOLD_INBOX);
	if (err || !worker->inbox)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	worker->spin_ns = SPIN_NS;
	worker->magic = fl_ticket_magic(device->seed, 0);
	worker->units_max = device->held_max + UNITS_MORE;
	err = open_taps(worker, name);
	if (!err)
		return 0;
	return fl_fail(error,
		       err == -EPERM || err == -EACCES ? FL_EXIT_PERMISSION :
							 FL_EXIT_ERROR,
		       "cannot open tap device %s: %s", name, strerror(-err));
}

/* ---- our name ----------------------------------------------------------- */

/* The thread's list, in which "control" is the only one: what the C library
 * had put there is for mutexes that we do not use. */
static struct robust_list_head robust = {
	.list = { &robust.list },
	.futex_offset = (long)offsetof(struct fl_control, owner) -
			(long)offsetof(struct fl_control, robust_next),
};

void hold_receive_from_now(struct worker *worker)
{
	struct fl_control *control = worker->control;

	control->robust_next = (__u64)(size_t)&robust.list;
	robust.list.next = (struct robust_list *)(void *)&control->robust_next;
	(void)syscall(SYS_set_robust_list, &robust, sizeof(robust));
	__atomic_store_n(&control->owner, (__u32)syscall(SYS_gettid),
			 __ATOMIC_RELEASE);
}

void hold_receive_no_more(struct worker *worker)
{
	__atomic_store_n(&worker->control->beat_ns, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&worker->control->owner, 0, __ATOMIC_RELEASE);
}
