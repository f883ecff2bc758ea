/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/*
 * Whether any process but @except, or any name under /run/netns, keeps the
 * network namespace of this cookie alive. True if that cannot be known.
 */
bool netns_alive(__u64 cookie, const __u32 *except, size_t except_count);

/* A namespace by the inode of its file in /proc. */
struct netns_mark {
	__u64 inode;
	bool alive; /* set when it is found to be, as above */
};

/* The same for many at once. */
void netns_mark_alive(struct netns_mark *marks, size_t count);

/*
 * Enters that namespace. Returns a descriptor of the previous one, for
 * netns_leave() and to close; -ENOENT if the namespace is not alive.
 */
int netns_enter(__u64 cookie);

/* Enters the namespace of the descriptor @fd: 0 or a negative errno. That takes
 * no privilege where it is the current one. */
int netns_switch(int fd);

/* Returns to the namespace @home. */
void netns_leave(int home);
