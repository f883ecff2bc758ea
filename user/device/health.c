/* SPDX-License-Identifier: GPL-2.0-only */
#include "health.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel/pins.h"
#include "loopback.h"
#include "open.h"
#include "tc_filter.h"
#include "ways_state.h"

/* What was asked so lately is not asked again: whoever watches samples may
 * take many a second. */
#define FRESH_NS 900000000ull

/* Of which nothing can be said. */
static void say_unknown(int err, char *why, size_t size)
{
	snprintf(why, size, "what is attached cannot be read: %s",
		 strerror(-err));
}

static void check_xdp(const struct store_entry *entry,
		      const struct fl_device *device, char *why, size_t size)
{
	enum netif_xdp at = device->mode == FL_MODE_NATIVE ? NETIF_XDP_DRIVER :
							     NETIF_XDP_GENERIC;
	struct netif_link link;
	__u32 id = 0;
	int err = netif_link_get_index(device->ifindex, &link);

	if (err == -ENODEV) {
		snprintf(why, size,
			 "the device has left this network namespace");
		return;
	}
	if (!err)
		err = pins_prog(entry, OBJ_XDP, &id);
	if (err && err != -ENOENT)
		say_unknown(err, why, size);
	else if (!id || link.xdp_prog_id[at] != id)
		snprintf(why, size, "the XDP program is gone");
}

static void check_tc(const struct store_entry *entry,
		     const struct fl_device *device, char *why, size_t size)
{
	int first = device->mode == FL_MODE_TC || device->late ? FL_IN : FL_OUT;

	for (int side = first; side <= FL_OUT && !*why; side++) {
		enum obj_prog prog = side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT;
		__u32 ifindex = 0, id;
		int there;

		if (device->tc_kind == FL_TC_TCX) {
			there = pins_link_info(entry, prog, &ifindex, &id);
			if (!there || there == -ENOENT)
				there = !there && ifindex == device->ifindex;
		} else {
			there = tc_filter_is_ours(entry, device,
						  (enum fl_side)side);
		}
		if (there < 0)
			say_unknown(there, why, size);
		else if (!there)
			snprintf(why, size, "the %s tc program is gone",
				 side == FL_IN ? "incoming" : "outgoing");
	}
}

void health_check_programs(const struct store_entry *entry,
			   const struct fl_device *device, char *why,
			   size_t size)
{
	__u64 cookie = 0;
	int err = netif_netns_cookie(&cookie);

	*why = 0;
	if (err) {
		say_unknown(err, why, size);
		return;
	}
	if (cookie != device->netns_cookie) {
		snprintf(why, size,
			 "the device was moved here from another network "
			 "namespace, and some programs stayed behind: detach "
			 "it");
		return;
	}
	if (device->mode != FL_MODE_TC)
		check_xdp(entry, device, why, size);
	if (!*why)
		check_tc(entry, device, why, size);
}

/* Known only when a packet needed it. */
static void check_tickets(const struct store_entry *entry, char *why,
			  size_t size)
{
	struct fl_control control;

	if (!pins_read(entry, OBJ_CONTROL, &control, sizeof(control)) &&
	    control.no_tickets)
		snprintf(why, size,
			 "this driver gives XDP no room for metadata: whatever "
			 "a rule does to incoming packets but dropping is "
			 "skipped: detach, and attach with --mode tc");
}

void health_check(const struct store_entry *entry,
		  const struct fl_device *device, char *why, size_t size)
{
	health_check_programs(entry, device, why, size);
	if (!*why)
		ways_check(entry, device, why, size);
	if (!*why)
		loopback_check(device, why, size);
	if (!*why && device->mode != FL_MODE_TC)
		check_tickets(entry, why, size);
}

void device_health(struct device *dev, struct sample_device *device)
{
	__u64 now = clock_now_ns();
	struct netif_link link;

	if (!dev->checked_ns || now - dev->checked_ns >= FRESH_NS) {
		dev->checked_ns = now;
		/* What holds packets may have come since we opened it. */
		(void)obj_map_read(dev->map[OBJ_DEVICE], 0, &dev->record);
		health_check(&dev->entry, &dev->record, dev->degraded_why,
			     sizeof(dev->degraded_why));
		if (!netif_link_get_index(dev->record.ifindex, &link))
			memcpy(dev->name, link.name, sizeof(dev->name));
	}
	memcpy(device->name, dev->name, sizeof(device->name));
	memcpy(device->degraded_why, dev->degraded_why,
	       sizeof(device->degraded_why));
	device->degraded = *dev->degraded_why;
}
