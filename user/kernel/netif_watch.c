/* SPDX-License-Identifier: GPL-2.0-only */
/* Hearing of it when devices change. */
#include "netif.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

int netif_watch_open(void)
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
void netif_watch_drain(int fd)
{
	char message[8192];
	ssize_t length;

	do
		length = recv(fd, message, sizeof(message), MSG_DONTWAIT);
	while (length > 0 || (length < 0 && errno == ENOBUFS));
}
