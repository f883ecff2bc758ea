/* SPDX-License-Identifier: GPL-2.0-only */
#include "watch.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "kernel/netns.h"
#include "kernel/pins.h"

int hold_watch_open(void)
{
	const struct sockaddr_nl address = { .nl_family = AF_NETLINK,
					     .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_ROUTE);

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -errno;
	}
	return fd;
}

/* What it says does not matter: whoever hears it looks for himself. */
void hold_watch_drain(int fd)
{
	char message[8192];
	ssize_t length;

	do
		length = recv(fd, message, sizeof(message), MSG_DONTWAIT);
	while (length > 0 || (length < 0 && errno == ENOBUFS));
}

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
