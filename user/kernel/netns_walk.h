/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Everything by which a network namespace may be kept alive: names under
 * /run/netns, processes and their threads, mounts anywhere in any mount
 * namespace, descriptors, and sockets in it, those of tun devices too.
 */
#pragma once

#include <stddef.h>

#include <linux/types.h>

struct netns_seen {
	__u64 inode;	  /* of the namespace's file in /proc */
	const char *path; /* of what opens as the namespace, or NULL */
	int fd;		  /* of it; -1 where there is a path */
};

struct netns_walk {
	const __u32 *except; /* processes that do not count */
	size_t except_count;
	/* Called for each, and again for the same one. Not 0: enough. */
	int (*visit)(const struct netns_seen *seen, void *data);
	void *data;
};

/*
 * What is found with little work comes first. Returns what the last visit
 * returned; at the end 0, or a negative errno if something could not be looked
 * at. What is kept only by the kernel, or on its way through a socket, is not
 * found.
 */
int netns_walk(const struct netns_walk *walk);
