/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making what holds packets. In the device record before it is there, and in
 * the datapath's hands only when all of it is.
 */
#include "ways_make.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "drain.h"
#include "holder.h"
#include "tc_filter.h"
#include "ways_state.h"

#define READY_MS 2000

static int attach_back(const struct store_entry *entry,
		       const struct fl_device *record, enum fl_side side,
		       __u32 door)
{
	int fd = store_get(entry->path,
			   obj_prog_names[ways_back_program(side)]);
	int err;

	if (fd < 0)
		return fd;
	err = netif_clsact_add(door);
	if (!err)
		err = netif_filter_add(door, ways_back_hook(record),
				       WAYS_PRIORITY, TC_FILTER_HANDLE, fd,
				       TC_FILTER_NAME);
	close(fd);
	return err;
}

/* All of one side but that it is up. */
static int fit_way(const struct store_entry *entry,
		   const struct fl_device *record, enum fl_side side,
		   struct ways_ends *ends)
{
	struct netif_link way, door;
	char name[16];
	int err;

	ways_door_name(record, side, name);
	err = netif_link_get(name, &door);
	ways_name(record->ifindex, side, name);
	if (!err)
		err = netif_link_get(name, &way);
	if (!err)
		err = attach_back(entry, record, side, door.ifindex);
	if (err)
		return err;
	ends->door[side] = door.ifindex;
	ends->ifindex[side] = way.ifindex;
	return holder_of(record)->fit(record, way.ifindex);
}

/* The doors first: what stands upon them has a carrier only with theirs. */
static int set_up(const struct ways_ends *ends)
{
	int err = 0;

	for (int side = 0; side < FL_SIDES && !err; side++)
		err = netif_link_up(ends->door[side]);
	for (int side = 0; side < FL_SIDES && !err; side++)
		err = netif_link_up(ends->ifindex[side]);
	return err;
}

static int add_ways(const struct store_entry *entry,
		    const struct fl_device *record)
{
	struct ways_ends ends;
	int err = holder_of(record)->add(record);

	for (int side = 0; side < FL_SIDES && !err; side++)
		err = fit_way(entry, record, (enum fl_side)side, &ends);
	return err ? err : set_up(&ends);
}

/* The kernel puts their queues to work a moment after both ends are up. */
static int await_devices(const struct device *dev, struct ways_ends *ends,
			 struct fl_error *error)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	char why[128];

	for (int ms = 0; ms < READY_MS; ms++) {
		ways_check_devices(&dev->entry, &dev->record, ends, why,
				   sizeof(why));
		if (!*why)
			return 0;
		nanosleep(&pause, NULL);
	}
	return fl_fail(error, FL_EXIT_ERROR, "%s: %s", dev->record.name, why);
}

/* By a device that is not ours, or it would have been deleted before. */
static int names_are_taken(const struct device *dev, struct fl_error *error)
{
	char name[2 * FL_SIDES][16];
	const char *taken = "one of them";
	struct netif_link link;

	for (int i = 0; i < 2 * FL_SIDES; i++) {
		enum fl_side side = (enum fl_side)(i % FL_SIDES);

		if (i < FL_SIDES)
			ways_name(dev->record.ifindex, side, name[i]);
		else
			ways_base_name(dev->record.ifindex, side, name[i]);
		if (!netif_link_get(name[i], &link))
			taken = name[i];
	}
	return fl_fail(error, FL_EXIT_ERROR,
		       "%s: cannot create the helper devices of engine %s: "
		       "%s exists, and is not faultline's: rename it",
		       dev->record.name, holder_word_of(&dev->record), taken);
}

static int make_devices(const struct device *dev, struct ways_ends *ends,
			struct fl_error *error)
{
	int err = add_ways(&dev->entry, &dev->record);

	if (!err)
		return await_devices(dev, ends, error);
	if (err == -EEXIST)
		return names_are_taken(dev, error);
	return fl_fail(
		error,
		err == -EPERM			     ? FL_EXIT_PERMISSION :
		err == -EOPNOTSUPP || err == -ENOENT ? FL_EXIT_UNSUPPORTED :
						       FL_EXIT_ERROR,
		"%s: cannot create the helper devices of engine %s: %s%s%s",
		dev->record.name, holder_word_of(&dev->record), strerror(-err),
		*netif_extack() ? ": " : "", netif_extack());
}

/* Whatever of it is half there goes first. */
static int make_all(struct device *dev, struct ways_ends *ends, bool whole,
		    struct fl_error *error)
{
	const struct holder_ops *ops = holder_of(&dev->record);
	char leftovers[200] = "";
	int code = 0;

	if (!whole) {
		drain_ways(&dev->entry, &dev->record, NULL, leftovers,
			   sizeof(leftovers));
		code = make_devices(dev, ends, error);
	}
	if (!code && ops->start)
		code = ops->start(dev, error);
	if (code)
		return code;
	for (int side = 0; side < FL_SIDES; side++)
		__atomic_store_n(&dev->control->out_device[side],
				 ends->ifindex[side], __ATOMIC_RELEASE);
	return 0;
}

static int check_place(const struct device *dev, struct fl_error *error)
{
	const struct fl_device *d = &dev->record;
	struct netif_link link;
	__u64 cookie = 0;

	(void)netif_netns_cookie(&cookie);
	if (!netif_link_get_index(d->ifindex, &link) &&
	    cookie == d->netns_cookie)
		return 0;
	return fl_fail(error, FL_EXIT_ERROR,
		       "%s was moved to another "
		       "network namespace: detach it",
		       d->name);
}

int ways_make(struct device *dev, struct fl_error *error)
{
	struct ways_ends ends;
	char why[128], leftovers[200] = "";
	int err, code = check_place(dev, error);

	if (code)
		return code;
	ways_check_devices(&dev->entry, &dev->record, &ends, why, sizeof(why));
	if (dev->record.ways && !*why &&
	    ways_work(&dev->record, dev->control, &ends))
		return 0;
	dev->record.ways = 1;
	dev->record.probed = 0;
	err = device_write_record(dev);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "cannot write: %s",
			       strerror(-err));
	code = make_all(dev, &ends, !*why, error);
	if (code) {
		drain_ways(&dev->entry, &dev->record, NULL, leftovers,
			   sizeof(leftovers));
		/* Else they stay on record, for detach. */
		dev->record.ways = *leftovers != 0;
		(void)device_write_record(dev);
	}
	return code;
}
