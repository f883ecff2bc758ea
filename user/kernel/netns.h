/* SPDX-License-Identifier: GPL-2.0-only */
/* Network namespaces: whether they are alive, as netns_walk.h has it, and
 * entering them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/*
 * Whether anything but the processes @except keeps the network namespace of
 * this cookie alive. True if that cannot be known.
 */
bool netns_alive(__u64 cookie, const __u32 *except, size_t except_count);

/* A namespace by the inode of its file in /proc. */
struct netns_mark {
	__u64 inode;
	bool alive; /* set when it is found to be, as above */
};

/* The same for many at once. */
void netns_mark_alive(struct netns_mark *marks, size_t count,
		      const __u32 *except, size_t except_count);

/*
 * Enters that namespace. Returns a descriptor of the previous one, for
 * netns_leave() and to close; -ENOENT if the namespace is not alive, or another
 * negative errno when that cannot be known.
 */
int netns_enter(__u64 cookie);

/*
 * Calls @visit in each namespace that is alive until it returns not 0, and
 * comes back. Returns that; or 0; or a negative errno where not all could be
 * visited.
 */
int netns_visit_all(int (*visit)(void *data), void *data);

/* Enters the namespace of the descriptor @fd: 0 or a negative errno. That takes
 * no privilege where it is the current one. */
int netns_switch(int fd);

/* Returns to the namespace @home. */
void netns_leave(int home);
