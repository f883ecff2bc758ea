/* SPDX-License-Identifier: GPL-2.0-only */
/* What the makers of helper devices share. */
#pragma once

#include "netif_nl.h"

struct ifinfomsg;

/* A request about that link, in NETIF_REQUEST_SIZE bytes. */
struct nlmsghdr *netif_helper_request(void *buffer, __u16 type, __u16 flags,
				      unsigned ifindex);

/* No ARP, no multicast, no address detection on such a device. */
void netif_helper_fill_flags(struct ifinfomsg *info);

/* An index that no device of another network namespace has, but for chance, and
 * the next one neither; 0: the kernel is to choose. */
unsigned netif_helper_draw_ifindex(void);

/* Says whose it is, and turns IPv6 off. */
int netif_helper_mark(const char *name);
