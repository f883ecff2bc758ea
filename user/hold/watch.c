/* SPDX-License-Identifier: GPL-2.0-only */
#include "watch.h"

#include <errno.h>

#include "kernel/netns.h"
#include "kernel/pins.h"

/* A device may have been detached and attached again. */
static bool has_pins(const struct device *dev)
{
	struct fl_device device;

	return !pins_read(&dev->entry, OBJ_DEVICE, &device, sizeof(device)) &&
	       device.seed == dev->record.seed &&
	       device.epoch_ns == dev->record.epoch_ns;
}

/* We ourselves would keep a network namespace that nobody else wants. */
static bool has_company(const struct device *dev)
{
	const __u32 ours[] = { dev->control->supervisor,
			       dev->control->process };

	return netns_alive(dev->entry.netns_cookie, ours, 2);
}

bool hold_is_attached(const struct device *dev)
{
	struct netif_link link;

	return has_pins(dev) &&
	       netif_link_get_index(dev->record.ifindex, &link) != -ENODEV &&
	       has_company(dev);
}
