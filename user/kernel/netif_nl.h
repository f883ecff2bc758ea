/* SPDX-License-Identifier: GPL-2.0-only */
/* Route netlink. Private to this room. */
#pragma once

#include <stddef.h>

#include <libmnl/libmnl.h>
#include <linux/types.h>

#define NETIF_REQUEST_SIZE 1024

/* A growing array, whose items the caller takes over. */
struct netif_list {
	void *items;
	size_t count, capacity, item_size;
};

/* A new zeroed item, or NULL with errno set. */
void *netif_list_add(struct netif_list *list);

/* Truncates to @size with the closing NUL, which the attribute may lack. */
void netif_nl_string(char *to, size_t size, const struct nlattr *attr);

/* @buffer holds NETIF_REQUEST_SIZE bytes. */
struct nlmsghdr *netif_nl_request(void *buffer, __u16 type, __u16 flags);

/* Sends, waits for the kernel's answer, and gives @reply (or NULL) whatever
 * comes before it. A callback fails by MNL_CB_ERROR with errno set. */
int netif_nl_talk(struct nlmsghdr *request, mnl_cb_t reply, void *data);

/* The same for a dump, from the start again if it was inconsistent: @reply has
 * @list as its data, which is empty when this fails. */
int netif_nl_dump(struct nlmsghdr *request, mnl_cb_t reply,
		  struct netif_list *list);
