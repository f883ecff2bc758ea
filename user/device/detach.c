/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking down, and finding what needs it. Only what the device record says is
 * ours is touched, and a tc filter only after its program proved to be ours.
 */
#include "detach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drain.h"
#include "find.h"
#include "kernel/netns.h"
#include "kernel/pins.h"
#include "loopback.h"
#include "process.h"
#include "report.h"
#include "stage.h"
#include "tc_filter.h"

/* Nothing matches from here on, wherever a program may still be attached. */
static void disarm(const struct store_entry *entry)
{
	struct fl_error error;
	struct device *dev;

	if (device_open_entry(entry, &dev, &error))
		return;
	(void)stage_switch(dev, NULL, 0, &error);
	dev->record.state = FL_DEVICE_CHANGING;
	(void)device_write_record(dev);
	device_close(dev);
}

static void remove_tc(const struct store_entry *entry,
		      const struct fl_device *device, char *leftovers,
		      size_t size)
{
	for (int side = 0; side < FL_SIDES; side++) {
		int err;

		if (!device->tc_priority[side] ||
		    !tc_filter_is_ours(entry, device, (enum fl_side)side))
			continue;
		err = netif_filter_delete(device->ifindex, (__u32)side,
					  device->tc_priority[side],
					  device->tc_handle);
		if (err && err != -ENOENT)
			report_leftover(leftovers, size, "tc filter", err);
	}
	if (device->clsact_created) {
		int err = netif_clsact_delete(device->ifindex);

		/* Somebody's filter came to live there: leave it be. */
		if (err && err != -ENOTEMPTY && err != -ENOENT)
			report_leftover(leftovers, size, "clsact qdisc", err);
	}
}

static void restore_offloads(const struct fl_device *device, char *leftovers,
			     size_t size)
{
	struct netif_link link;
	int err;

	if (!device->exact || netif_link_get_index(device->ifindex, &link))
		return;
	err = netif_offloads_set(link.name, device->offloads_off);
	if (err)
		report_leftover(leftovers, size, "offloads", err);
	if (device->gso_max_segs) {
		err = netif_gso_max_segs_set(device->ifindex,
					     device->gso_max_segs);
		if (err)
			report_leftover(leftovers, size, "gso_max_segs", err);
	}
}

static void restore_routes(const struct fl_device *device, char *leftovers,
			   size_t size)
{
	int err = loopback_restore(device);

	if (err)
		report_leftover(leftovers, size,
				"accept_local and route_localnet", err);
}

/* Adds to @leftovers. */
static void teardown(const struct store_entry *entry, struct drain *drain,
		     char *leftovers, size_t size)
{
	struct fl_device device = { 0 };
	__u64 cookie = 0;
	bool here;
	int err;

	err = pins_read(entry, OBJ_DEVICE, &device, sizeof(device));
	(void)netif_netns_cookie(&cookie);
	here = !err && device.netns_cookie == cookie;
	if (!err)
		disarm(entry);
	if (!err)
		drain_ways(entry, &device, drain, leftovers, size);
	if (here)
		remove_tc(entry, &device, leftovers, size);
	/* The links go with their pins, and the programs with their links. */
	err = store_remove_dir(entry->path);
	if (err)
		report_leftover(leftovers, size, entry->path, err);
	if (here)
		restore_offloads(&device, leftovers, size);
	if (here)
		restore_routes(&device, leftovers, size);
}

void detach_teardown(const struct store_entry *entry, char *leftovers,
		     size_t size)
{
	*leftovers = 0;
	teardown(entry, NULL, leftovers, size);
}

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

/* The device is gone, or lives in another network namespace by now. */
static bool is_orphan(const struct store_entry *entry, __u64 own_cookie)
{
	struct netif_link link;
	__u32 ifindex, id;

	for (int prog = 0; prog < OBJ_LINKS; prog++)
		if (!pins_link_info(entry, (enum obj_prog)prog, &ifindex,
				    &id) &&
		    !ifindex)
			return true;
	if (entry->netns_cookie == own_cookie)
		return netif_link_get_index(entry->ifindex, &link) == -ENODEV;
	return !namespace_is_used(entry);
}

unsigned detach_sweep(void)
{
	struct store_entry *list;
	size_t count;
	__u64 cookie = 0;
	unsigned gone = 0;

	if (store_entries(&list, &count) || netif_netns_cookie(&cookie))
		return 0;
	for (size_t i = 0; i < count; i++) {
		struct fl_device device = { .state = FL_DEVICE_CHANGING };
		char leftovers[200];

		/* Without a whole record nothing of it can work. */
		(void)pins_read(&list[i], OBJ_DEVICE, &device, sizeof(device));
		if (device.state == FL_DEVICE_ATTACHED &&
		    !is_orphan(&list[i], cookie))
			continue;
		detach_teardown(&list[i], leftovers, sizeof(leftovers));
		gone++;
	}
	free(list);
	return gone;
}

/* One run of detach. */
struct detachment {
	struct device_detach_report *report;
	struct drain drain;
};

static void detach_entry(struct detachment *d, const struct store_entry *entry)
{
	teardown(entry, &d->drain, d->report->leftovers,
		 sizeof(d->report->leftovers));
	d->report->devices++;
}

static int detach_one(struct detachment *d, const char *name,
		      struct fl_error *error)
{
	struct store_entry entry;
	struct netif_link link;
	int err;

	d->report->devices += detach_sweep();
	err = netif_link_get(name, &link);
	if (err == -ENODEV)
		return d->report->devices ? 0 :
					    fl_fail(error, FL_EXIT_ERROR,
						    "no device \"%.40s\" in "
						    "this network namespace",
						    name);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "%.40s: %s", name,
			       strerror(-err));
	err = find_entry(&link, &entry);
	if (err == -ENOENT)
		return 0;
	if (err)
		return fl_fail(error, FL_EXIT_PERMISSION, "%s: %s", entry.path,
			       strerror(-err));
	detach_entry(d, &entry);
	return 0;
}

static int detach_all(struct detachment *d, struct fl_error *error)
{
	struct store_entry *list;
	size_t count;
	__u64 cookie = 0;

	d->report->devices += detach_sweep();
	if (store_entries(&list, &count) || netif_netns_cookie(&cookie))
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot read what is attached");
	for (size_t i = 0; i < count; i++)
		if (list[i].netns_cookie == cookie)
			detach_entry(d, &list[i]);
	free(list);
	return 0;
}

int device_detach(const struct device_detach_options *options,
		  struct device_detach_report *report, struct fl_error *error)
{
	struct detachment d = { .report = report, .drain.options = options };
	const char *device = options->device;
	int lock, code;

	memset(report, 0, sizeof(*report));
	/* Nothing was ever attached: leave no trace of having looked. */
	if (!store_exists() && geteuid() == 0) {
		struct netif_link link;

		if (device && netif_link_get(device, &link) == -ENODEV)
			return fl_fail(
				error, FL_EXIT_ERROR,
				"no device \"%.40s\" in this network namespace",
				device);
		return 0;
	}
	code = device_lock(&lock, error);
	if (code)
		return code;
	code = device ? detach_one(&d, device, error) : detach_all(&d, error);
	store_retire();
	close(lock);
	report->lost = d.drain.lost;
	if (!code && *report->leftovers)
		return fl_fail(error, FL_EXIT_ERROR,
			       "detached, but could not restore: %s",
			       report->leftovers);
	return code;
}
