/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether what we put up is still there, by the kernel's word. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ways.h"
#include "hooks.h"

__u32 device_pinned_id(const struct store_entry *entry, enum obj_prog prog)
{
	int fd = store_get(entry->path, obj_prog_names[prog]);
	__u32 id = obj_prog_id(fd);

	if (fd >= 0)
		close(fd);
	return id;
}

bool device_has_filter(__u32 ifindex, enum fl_side side, __u32 priority,
		       __u32 prog_id)
{
	struct netif_filter *list = NULL;
	size_t count = 0;
	bool found = false;

	if (!prog_id || netif_filters(ifindex, side, &list, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (list[i].priority == priority &&
		    list[i].handle == DEVICE_TC_HANDLE &&
		    list[i].prog_id == prog_id)
			found = true;
	free(list);
	return found;
}

bool device_filter_is_ours(const struct store_entry *entry,
			   const struct fl_device *device, enum fl_side side)
{
	__u32 id = device_pinned_id(entry,
				    side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT);

	return device_has_filter(device->ifindex, side,
				 device->tc_priority[side], id);
}

int device_link_state(const struct store_entry *entry, enum obj_prog prog,
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

static void check_xdp(const struct store_entry *entry,
		      const struct fl_device *device, char *why, size_t size)
{
	enum netif_xdp at = device->mode == FL_MODE_NATIVE ? NETIF_XDP_DRIVER :
							     NETIF_XDP_GENERIC;
	struct netif_link link;

	if (netif_link_get_index(device->ifindex, &link))
		snprintf(why, size,
			 "the device is not in this network "
			 "namespace any more");
	else if (!link.xdp_prog_id[at] ||
		 link.xdp_prog_id[at] != device_pinned_id(entry, OBJ_XDP))
		snprintf(why, size, "the XDP program is gone");
}

static void check_tc(const struct store_entry *entry,
		     const struct fl_device *device, char *why, size_t size)
{
	int first = device->mode == FL_MODE_TC || device->late ? FL_IN : FL_OUT;

	for (int side = first; side <= FL_OUT && !*why; side++) {
		enum obj_prog prog = side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT;
		__u32 ifindex = 0, id;
		bool there;

		if (device->tc_kind == FL_TC_TCX)
			there = !device_link_state(entry, prog, &ifindex,
						   &id) &&
				ifindex == device->ifindex;
		else
			there = device_filter_is_ours(entry, device,
						      (enum fl_side)side);
		if (!there)
			snprintf(why, size,
				 "the tc program on the %s side is "
				 "gone",
				 side == FL_IN ? "in" : "out");
	}
}

void health_check_programs(const struct store_entry *entry,
			   const struct fl_device *device, char *why,
			   size_t size)
{
	__u64 cookie = 0;

	*why = 0;
	(void)netif_netns_cookie(&cookie);
	if (cookie != device->netns_cookie) {
		snprintf(why, size,
			 "the device was moved here from another "
			 "network namespace, and not all of it came along: "
			 "detach it");
		return;
	}
	if (device->mode != FL_MODE_TC)
		check_xdp(entry, device, why, size);
	if (!*why)
		check_tc(entry, device, why, size);
}

void health_check(const struct store_entry *entry,
		  const struct fl_device *device, char *why, size_t size)
{
	health_check_programs(entry, device, why, size);
	if (!*why)
		ways_check(entry, device, why, size);
}
