/* SPDX-License-Identifier: GPL-2.0-only */
#include "drain.h"

#include <errno.h>
#include <unistd.h>

#include "balance.h"
#include "holder.h"
#include "report.h"
#include "ways_state.h"

static __u64 count_lost(const struct device *dev)
{
	return ways_lost(dev, FL_IN) + ways_lost(dev, FL_OUT);
}

/* With nothing left that could hold a packet, those that were held and have
 * not gone on are lost. */
static void settle_lost(struct device *dev)
{
	struct balance balance;

	if (balance_read(dev, &balance))
		return;
	for (__u32 side = 0; side < FL_SIDES; side++)
		dev->control->lost[side] = balance_left(&balance, side);
	balance_close(dev);
}

static void delete_way(const char *name, char *leftovers, size_t size)
{
	int err = netif_helper_delete(name);

	/* Gone with its peer, or somebody else's. */
	if (err && err != -ENODEV && err != -EEXIST)
		report_leftover(leftovers, size, name, err);
}

static void delete_ways(const struct fl_device *device, char *leftovers,
			size_t size)
{
	for (int side = 0; side < FL_SIDES; side++) {
		char name[16];

		ways_name(device->ifindex, (enum fl_side)side, name);
		delete_way(name, leftovers, size);
		ways_base_name(device->ifindex, (enum fl_side)side, name);
		delete_way(name, leftovers, size);
	}
}

static void remove_here(struct device *dev, const struct fl_device *device,
			struct drain *drain, char *leftovers, size_t size)
{
	__u64 before = dev ? count_lost(dev) : 0;

	/* Not whole: then nothing of it works, and the process has ended. */
	if (dev)
		holder_of(device)->drain(dev, drain ? drain->options : NULL,
					 leftovers, size);
	delete_ways(device, leftovers, size);
	if (!dev)
		return;
	settle_lost(dev);
	if (drain && count_lost(dev) > before)
		drain->lost += count_lost(dev) - before;
}

void drain_ways(const struct store_entry *entry, const struct fl_device *device,
		struct drain *drain, char *leftovers, size_t size)
{
	struct device *dev = NULL;
	int err;

	if (!device->ways)
		return;
	err = device_try_open(entry, &dev);
	if (fl_is_transient(err)) {
		report_leftover(leftovers, size, "helper devices", err);
		return;
	}
	remove_here(err ? NULL : dev, device, drain, leftovers, size);
	if (!err)
		device_close(dev);
}

void drain_stop(const struct store_entry *entry, const struct fl_device *device)
{
	struct device *dev;

	if (!device->ways || !holder_of(device)->stop ||
	    device_try_open(entry, &dev))
		return;
	holder_of(device)->stop(dev);
	device_close(dev);
}
