/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Only what the device record says is ours is touched, and a tc filter only
 * after its program proved to be ours. The record goes last: whenever we are
 * killed, the next command finds what is left.
 */
#include "teardown.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/netns.h"
#include "kernel/pins.h"
#include "loopback.h"
#include "place.h"
#include "process.h"
#include "report.h"
#include "stage.h"
#include "tc_filter.h"

struct work {
	const struct store_entry *entry;
	struct fl_device device;
	struct drain *drain;
	char *leftovers;
	size_t size;
	bool again; /* some of it may be done by another command */
};

/* What will never be possible is said once, and then given up. */
static void leave(struct work *work, const char *what, int err)
{
	report_leftover(work->leftovers, work->size, what, err);
	if (err != -EOPNOTSUPP && err != -EINVAL)
		work->again = true;
}

/*
 * Nothing matches from here on, wherever a program may still be attached. What
 * is half made or of another version has no rules that could be told so.
 */
static int disarm(struct work *work)
{
	struct fl_device *device = &work->device;
	struct fl_error error;
	struct device *dev;
	int err;

	device->state = FL_DEVICE_CHANGING;
	err = device_try_open(work->entry, &dev);
	if (err == -ENOENT || err == -EPROTO || err == -EPROTONOSUPPORT)
		return 0;
	if (err)
		return err;
	dev->record.state = FL_DEVICE_CHANGING;
	err = device_write_record(dev);
	if (!err && stage_switch(dev, NULL, 0, &error))
		err = -EAGAIN;
	device_close(dev);
	return err;
}

/* ---- in the network namespace in which it was attached ------------------- */

static void remove_filters(struct work *work)
{
	const struct fl_device *device = &work->device;

	for (int side = 0; side < FL_SIDES; side++) {
		int ours, err = 0;

		if (!device->tc_priority[side])
			continue;
		ours = tc_filter_is_ours(work->entry, device,
					 (enum fl_side)side);
		if (ours > 0)
			err = netif_filter_delete(device->ifindex, (__u32)side,
						  device->tc_priority[side],
						  device->tc_handle);
		else
			err = ours;
		if (err && err != -ENOENT && err != -ENODEV)
			leave(work, "tc filter", err);
	}
}

static void remove_clsact(struct work *work)
{
	int err = 0;

	/* Of a filter that is still there it is not to be taken. */
	if (work->device.clsact_created && !work->again)
		err = netif_clsact_delete(work->device.ifindex);
	/* Somebody's filter came to live there: leave it be. */
	if (err && err != -ENOTEMPTY && err != -ENOENT && err != -ENODEV)
		leave(work, "clsact qdisc", err);
}

static void drain_all(struct work *work)
{
	char leftovers[200] = "";

	drain_ways(work->entry, &work->device, work->drain, leftovers,
		   sizeof(leftovers));
	if (!*leftovers)
		return;
	report_text(work->leftovers, work->size, leftovers);
	work->again = true;
}

static void restore_routes(struct work *work)
{
	int err = loopback_restore(&work->device);

	if (err && err != -ENODEV)
		leave(work, "accept_local and route_localnet", err);
}

static void clean_home(struct work *work)
{
	struct place place;
	int err = place_enter_home(&work->device, &place);

	/* With it went all that was in it. */
	if (err == -ENOENT) {
		drain_stop(work->entry, &work->device);
		return;
	}
	if (err) {
		leave(work, "its network namespace", err);
		return;
	}
	drain_all(work);
	remove_filters(work);
	remove_clsact(work);
	restore_routes(work);
	place_leave(&place);
}

/* ---- in that in which it is now ------------------------------------------ */

static bool has_offloads(const struct fl_device *device)
{
	for (int i = 0; i < NETIF_FEATURE_WORDS; i++)
		if (device->offloads_off[i])
			return true;
	return false;
}

static void restore_offloads(struct work *work)
{
	const struct fl_device *device = &work->device;
	struct netif_link link;
	struct place place;
	int err;

	if (!device->exact && !has_offloads(device))
		return;
	err = place_enter_device(work->entry, device, &place, &link);
	if (err == -ENODEV)
		return;
	if (err) {
		leave(work, "offloads", err);
		return;
	}
	/* Some do not go with XDP. */
	err = store_let_go(work->entry->path, obj_link_names[OBJ_XDP]);
	if (!err)
		err = netif_offloads_set(link.name, device->offloads_off);
	if (err)
		leave(work, "offloads", err);
	err = device->gso_max_segs ?
		      netif_gso_max_segs_set(link.ifindex,
					     device->gso_max_segs) :
		      0;
	if (err)
		leave(work, "gso_max_segs", err);
	place_leave(&place);
}

/* ---- all ----------------------------------------------------------------- */

/* The links go with their pins, and the programs with their links. */
static bool forget(struct work *work)
{
	int err = store_remove_dir(work->entry->path,
				   obj_map_names[OBJ_DEVICE]);

	if (err)
		leave(work, store_plain(work->entry->path), err);
	return !err;
}

bool teardown(const struct store_entry *entry, struct drain *drain,
	      char *leftovers, size_t size)
{
	struct work work = {
		.entry = entry,
		.drain = drain,
		.leftovers = leftovers,
		.size = size,
	};
	int err = pins_read(entry, OBJ_DEVICE, &work.device,
			    sizeof(work.device));

	/* Which those of another version may have elsewhere. */
	work.device.netns_cookie = entry->netns_cookie;
	work.device.ifindex = entry->ifindex;
	/* Nothing is put up before it is pinned and written. */
	if (err == -ENOENT || (!err && !work.device.abi_version))
		return forget(&work);
	if (!err)
		err = disarm(&work);
	if (err) {
		leave(&work, store_plain(entry->path), err);
		return false;
	}
	clean_home(&work);
	restore_offloads(&work);
	return !work.again && forget(&work);
}

/* ---- what needs it ------------------------------------------------------- */

/* A process of ours keeps the namespace alive in which it works: it does not
 * count. */
static bool namespace_is_used(const struct store_entry *entry)
{
	struct fl_control control;
	__u32 ours[2];
	size_t count = 0;

	if (!pins_read(entry, OBJ_CONTROL, &control, sizeof(control))) {
		if (process_is_ours(control.supervisor))
			ours[count++] = control.supervisor;
		if (process_is_ours(control.process))
			ours[count++] = control.process;
	}
	return netns_alive(entry->netns_cookie, ours, count);
}

/* Not in its namespace, where it may be alone with us; and nowhere else. */
static bool is_gone(const struct store_entry *entry,
		    const struct fl_device *record)
{
	struct netif_link link;
	struct place place;
	int err = place_enter_device(entry, record, &place, &link);
	__u64 cookie = 0;

	if (err)
		return err == -ENODEV;
	err = netif_netns_cookie(&cookie);
	place_leave(&place);
	return !err && cookie == record->netns_cookie &&
	       !namespace_is_used(entry);
}

static bool needs_teardown(const struct store_entry *entry, __u64 own_cookie)
{
	struct fl_device record;
	struct netif_link link;
	int err = pins_read(entry, OBJ_DEVICE, &record, sizeof(record));

	if (err)
		return err == -ENOENT;
	if (record.state != FL_DEVICE_ATTACHED)
		return true;
	/* The usual case, with little work. */
	if (entry->netns_cookie == own_cookie &&
	    netif_link_get_index(entry->ifindex, &link) != -ENODEV)
		return false;
	return is_gone(entry, &record);
}

unsigned teardown_sweep(void)
{
	char leftovers[200] = "";
	struct store_entry *list;
	size_t count;
	__u64 cookie = 0;
	unsigned gone = 0;

	if (store_entries(&list, &count))
		return 0;
	if (!netif_netns_cookie(&cookie))
		for (size_t i = 0; i < count; i++)
			gone += needs_teardown(&list[i], cookie) &&
				teardown(&list[i], NULL, leftovers,
					 sizeof(leftovers));
	free(list);
	return gone;
}
