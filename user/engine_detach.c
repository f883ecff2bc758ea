/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking down, and finding what needs it. Only what the device record says is
 * ours is touched, and a tc filter only after its program proved to be ours.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine_private.h"
#include "netns.h"

static __u32 pinned_prog_id(const struct store_entry *entry,
			    enum obj_prog prog)
{
	int fd = store_get(entry->path, obj_prog_names[prog]);
	__u32 id = obj_prog_id(fd);

	if (fd >= 0)
		close(fd);
	return id;
}

static int read_device(const struct store_entry *entry,
		       struct fl_device *device)
{
	int fd = store_get(entry->path, obj_map_names[OBJ_DEVICE]);
	int err;

	if (fd < 0)
		return fd;
	err = obj_map_read(fd, 0, device);
	close(fd);
	return err;
}

/* Whether the filter at our place is there, and is ours. */
static bool filter_is_ours(const struct store_entry *entry,
			   const struct fl_device *device, enum fl_side side)
{
	__u32 id = pinned_prog_id(entry, side == FL_IN ? OBJ_TC_IN :
							 OBJ_TC_OUT);
	struct netif_filter *list = NULL;
	size_t count = 0;
	bool ours = false;

	if (netif_filters(device->ifindex, side, &list, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (list[i].priority == device->tc_priority[side] &&
		    list[i].handle == device->tc_handle &&
		    list[i].prog_id == id && id)
			ours = true;
	free(list);
	return ours;
}

/* Nothing matches from here on, wherever a program may still be attached. */
static void disarm(const struct store_entry *entry)
{
	struct fl_error error;
	struct engine *engine;

	if (engine_open_entry(entry, &engine, &error))
		return;
	(void)engine_switch(engine, NULL, 0, NULL, 0, &error);
	engine->device.state = FL_DEVICE_CHANGING;
	(void)engine_write_device(engine);
	engine_close(engine);
}

static void leftover(char *leftovers, size_t size, const char *what, int err)
{
	size_t used = strlen(leftovers);

	snprintf(leftovers + used, size - used, "%s%s: %s", used ? "; " : "",
		 what, strerror(-err));
}

static void remove_tc(const struct store_entry *entry,
		      const struct fl_device *device, char *leftovers,
		      size_t size)
{
	for (int side = 0; side < FL_SIDES; side++) {
		int err;

		if (!device->tc_priority[side] ||
		    !filter_is_ours(entry, device, (enum fl_side)side))
			continue;
		err = netif_filter_delete(device->ifindex, (__u32)side,
					  device->tc_priority[side],
					  device->tc_handle);
		if (err && err != -ENOENT)
			leftover(leftovers, size, "tc filter", err);
	}
	if (device->clsact_created) {
		int err = netif_clsact_delete(device->ifindex);

		/* Somebody's filter came to live there: leave it be. */
		if (err && err != -ENOTEMPTY && err != -ENOENT)
			leftover(leftovers, size, "clsact qdisc", err);
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
		leftover(leftovers, size, "offloads", err);
	if (device->gso_max_segs) {
		err = netif_gso_max_segs_set(device->ifindex,
					     device->gso_max_segs);
		if (err)
			leftover(leftovers, size, "gso_max_segs", err);
	}
}

void engine_teardown(const struct store_entry *entry, char *leftovers,
		     size_t size)
{
	struct fl_device device;
	__u64 cookie = 0;
	bool here;
	int err;

	*leftovers = 0;
	err = read_device(entry, &device);
	(void)netif_netns_cookie(&cookie);
	here = !err && device.netns_cookie == cookie;
	if (!err)
		disarm(entry);
	if (here)
		remove_tc(entry, &device, leftovers, size);
	/* The links go with their pins, and the programs with their links. */
	err = store_remove_dir(entry->path);
	if (err)
		leftover(leftovers, size, entry->path, err);
	if (here)
		restore_offloads(&device, leftovers, size);
}

static int link_state(const struct store_entry *entry, enum obj_prog prog,
		      __u32 *ifindex, __u32 *prog_id)
{
	int fd = store_get(entry->path, obj_link_names[prog]);
	int err;

	if (fd < 0)
		return fd;
	err = obj_link_info(fd, ifindex, prog_id);
	close(fd);
	return err;
}

/* The device is gone, or lives in another network namespace by now. */
static bool is_orphan(const struct store_entry *entry, __u64 own_cookie)
{
	struct netif_link link;
	__u32 ifindex, id;

	for (int prog = 0; prog < OBJ_LINKS; prog++)
		if (!link_state(entry, (enum obj_prog)prog, &ifindex, &id) &&
		    !ifindex)
			return true;
	if (entry->netns_cookie == own_cookie)
		return netif_link_get_index(entry->ifindex, &link) == -ENODEV;
	return !netns_alive(entry->netns_cookie);
}

unsigned engine_sweep(void)
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
		(void)read_device(&list[i], &device);
		if (device.state == FL_DEVICE_ATTACHED &&
		    !is_orphan(&list[i], cookie))
			continue;
		engine_teardown(&list[i], leftovers, sizeof(leftovers));
		gone++;
	}
	free(list);
	return gone;
}

static void check_xdp(const struct store_entry *entry,
		      const struct fl_device *device, char *why, size_t size)
{
	enum netif_xdp at = device->mode == FL_MODE_NATIVE ?
				    NETIF_XDP_DRIVER : NETIF_XDP_GENERIC;
	struct netif_link link;

	if (netif_link_get_index(device->ifindex, &link))
		snprintf(why, size, "the device is not in this network "
			 "namespace any more");
	else if (!link.xdp_prog_id[at] ||
		 link.xdp_prog_id[at] != pinned_prog_id(entry, OBJ_XDP))
		snprintf(why, size, "the XDP program is gone");
}

static void check_tc(const struct store_entry *entry,
		     const struct fl_device *device, char *why, size_t size)
{
	int first = device->mode == FL_MODE_TC || device->late ? FL_IN :
								   FL_OUT;

	for (int side = first; side <= FL_OUT && !*why; side++) {
		enum obj_prog prog = side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT;
		__u32 ifindex = 0, id;
		bool there;

		if (device->tc_kind == FL_TC_TCX)
			there = !link_state(entry, prog, &ifindex, &id) &&
				ifindex == device->ifindex;
		else
			there = filter_is_ours(entry, device,
					       (enum fl_side)side);
		if (!there)
			snprintf(why, size, "the tc program on the %s side is "
				 "gone", side == FL_IN ? "in" : "out");
	}
}

void engine_check(const struct store_entry *entry,
		  const struct fl_device *device, char *why, size_t size)
{
	__u64 cookie = 0;

	*why = 0;
	(void)netif_netns_cookie(&cookie);
	if (cookie != device->netns_cookie) {
		snprintf(why, size, "the device was moved here from another "
			 "network namespace, without its tc side: detach it");
		return;
	}
	if (device->mode != FL_MODE_TC)
		check_xdp(entry, device, why, size);
	if (!*why)
		check_tc(entry, device, why, size);
}

static int detach_one(const char *name, struct engine_detach_report *report,
		      struct fl_error *error)
{
	struct store_entry entry;
	struct netif_link link;
	int err;

	report->devices += engine_sweep();
	err = netif_link_get(name, &link);
	if (err == -ENODEV)
		return report->devices ? 0 :
			fl_fail(error, FL_EXIT_ERROR,
				"no network device \"%.40s\" here", name);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "%.40s: %s", name,
			       strerror(-err));
	err = engine_find(&link, &entry);
	if (err == -ENOENT)
		return 0;
	if (err)
		return fl_fail(error, FL_EXIT_PERMISSION, "%s: %s", entry.path,
			       strerror(-err));
	engine_teardown(&entry, report->leftovers, sizeof(report->leftovers));
	report->devices++;
	return 0;
}

static int detach_all(struct engine_detach_report *report,
		      struct fl_error *error)
{
	struct store_entry *list;
	size_t count;
	__u64 cookie = 0;

	report->devices += engine_sweep();
	if (store_entries(&list, &count) || netif_netns_cookie(&cookie))
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot read what is attached");
	for (size_t i = 0; i < count; i++) {
		if (list[i].netns_cookie != cookie)
			continue;
		engine_teardown(&list[i], report->leftovers,
				sizeof(report->leftovers));
		report->devices++;
	}
	free(list);
	return 0;
}

int engine_detach(const char *device, struct engine_detach_report *report,
		  struct fl_error *error)
{
	int lock, code;

	memset(report, 0, sizeof(*report));
	/* Nothing was ever attached: leave no trace of having looked. */
	if (!store_exists() && geteuid() == 0) {
		struct netif_link link;

		if (device && netif_link_get(device, &link) == -ENODEV)
			return fl_fail(error, FL_EXIT_ERROR,
				       "no network device \"%.40s\" here",
				       device);
		return 0;
	}
	code = engine_lock(&lock, error);
	if (code)
		return code;
	code = device ? detach_one(device, report, error) :
			detach_all(report, error);
	store_retire();
	close(lock);
	if (!code && *report->leftovers)
		return fl_fail(error, FL_EXIT_ERROR,
			       "detached, but could not restore: %s",
			       report->leftovers);
	return code;
}
