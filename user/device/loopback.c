/* SPDX-License-Identifier: GPL-2.0-only */
#include "loopback.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int let_in(struct device *dev)
{
	const struct netif_inet wanted = { 1, 1 };
	struct fl_device *record = &dev->record;
	struct netif_inet inet;
	int err = netif_inet_get(record->ifindex, &inet);

	if (err || (inet.accept_local && inet.route_localnet))
		return err;
	if (!record->routeless) {
		record->routeless = 1;
		record->accept_local = inet.accept_local;
		record->route_localnet = inet.route_localnet;
		err = device_write_record(dev);
	}
	return err ? err : netif_inet_set(record->ifindex, &wanted);
}

int loopback_let_in(struct device *dev, struct fl_error *error)
{
	int err = dev->record.loopback ? let_in(dev) : 0;

	if (!err)
		return 0;
	return fl_fail(error,
		       err == -EPERM ? FL_EXIT_PERMISSION : FL_EXIT_ERROR,
		       "%s: cannot set accept_local and route_localnet: %s",
		       dev->record.name, strerror(-err));
}

void loopback_check(const struct fl_device *record, char *why, size_t size)
{
	struct netif_inet inet;

	if (record->routeless && !netif_inet_get(record->ifindex, &inet) &&
	    !(inet.accept_local && inet.route_localnet))
		snprintf(why, size,
			 "accept_local or route_localnet of %s was turned off: "
			 "IPv4 packets that were held are lost",
			 record->name);
}

int loopback_restore(const struct fl_device *record)
{
	const struct netif_inet was = { record->accept_local,
					record->route_localnet };

	return record->routeless ? netif_inet_set(record->ifindex, &was) : 0;
}
