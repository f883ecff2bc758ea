/* SPDX-License-Identifier: GPL-2.0-only */
#include "guest.h"

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

#define UNITS_MORE \
	32768u /* than asked for: what is on its way when it is full */

#define HOLDINGS (FL_HOLD_IDS * FL_SIDES)

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

static int open_taps(struct guest *guest, char name[16])
{
	const struct fl_device *record = &guest->dev->record;
	int err = 0;

	for (int side = 0; side < FL_SIDES; side++) {
		ways_name(record->ifindex, (enum fl_side)side, name);
		guest->tap[side] = open_tap(name);
		if (guest->tap[side] < 0)
			return guest->tap[side];
	}
	for (int side = 0; side < FL_SIDES && !err; side++) {
		ways_name(record->ifindex, (enum fl_side)side, name);
		err = await_running(name);
	}
	return err;
}

/* ---- guests ------------------------------------------------------------- */

static struct guest *new_guest(struct device *dev)
{
	struct guest *guest = calloc(1, sizeof(*guest));

	if (!guest) {
		device_close(dev);
		return NULL;
	}
	guest->dev = dev;
	guest->control = dev->control;
	guest->magic = fl_ticket_magic(dev->record.seed, 0);
	guest->units_max = dev->record.held_max + UNITS_MORE;
	guest->tap[FL_IN] = guest->tap[FL_OUT] = -1;
	guest->netns = guest->watch = -1;
	return guest;
}

int guest_open(struct device *dev, struct guest **opened,
	       struct fl_error *error)
{
	struct guest *guest = new_guest(dev);
	char name[16];
	int err;

	if (!guest || obj_map_reserve(sizeof(*guest->holdings), HOLDINGS,
				      (void **)&guest->holdings)) {
		if (guest)
			guest_close(guest);
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	}
	err = open_taps(guest, name);
	*opened = guest;
	if (!err)
		return 0;
	guest_close(guest);
	return fl_fail(error,
		       err == -EPERM || err == -EACCES ? FL_EXIT_PERMISSION :
							 FL_EXIT_ERROR,
		       "cannot open tap device %s: %s", name, strerror(-err));
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void guest_close(struct guest *guest)
{
	for (int side = 0; side < FL_SIDES; side++)
		close_fd(guest->tap[side]);
	close_fd(guest->netns);
	close_fd(guest->watch);
	obj_map_munmap(guest->holdings, sizeof(*guest->holdings), HOLDINGS);
	device_close(guest->dev);
	free(guest);
}

/* All of it is megabytes, of which few have a use. */
struct fl_holding *guest_holding(struct guest *guest, __u32 index)
{
	__u32 id = index / FL_SIDES;

	if (!(guest->mapped[id / 64] >> id % 64 & 1)) {
		if (obj_map_part(guest->dev->map[OBJ_HOLDINGS],
				 sizeof(*guest->holdings), id * FL_SIDES,
				 FL_SIDES, guest->holdings))
			return NULL;
		guest->mapped[id / 64] |= 1ull << id % 64;
	}
	return &guest->holdings[index];
}

/* ---- our name ----------------------------------------------------------- */

/* The thread's list, of the "control" of all guests: what the C library had put
 * there is for mutexes that we do not use. */
static struct robust_list_head robust = {
	.list = { &robust.list },
	.futex_offset = (long)offsetof(struct fl_control, owner) -
			(long)offsetof(struct fl_control, robust_next),
};

static struct robust_list *entry_of(struct guest *guest)
{
	return (struct robust_list *)(void *)&guest->control->robust_next;
}

void guest_enter_name(struct guest *guest)
{
	struct robust_list *entry = entry_of(guest);

	(void)syscall(SYS_set_robust_list, &robust, sizeof(robust));
	entry->next = robust.list.next;
	__atomic_store_n(&robust.list.next, entry, __ATOMIC_RELEASE);
	__atomic_store_n(&guest->control->owner, (__u32)syscall(SYS_gettid),
			 __ATOMIC_RELEASE);
}

void guest_strike_name(struct guest *guest)
{
	struct robust_list *last = &robust.list, *entry = entry_of(guest);

	__atomic_store_n(&guest->control->beat_ns, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&guest->control->owner, 0, __ATOMIC_RELEASE);
	while (last->next != entry && last->next != &robust.list)
		last = last->next;
	if (last->next == entry)
		last->next = entry->next;
}
