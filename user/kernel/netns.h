/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/*
 * Whether any process but @except, or any name under /run/netns, keeps the
 * network namespace of this cookie alive. True when that cannot be told.
 */
bool netns_alive(__u64 cookie, const __u32 *except, size_t except_count);

/*
 * Goes into that namespace: returns a descriptor of the one we were in, for
 * netns_leave() and to close; -ENOENT when it is not alive.
 */
int netns_enter(__u64 cookie);

/* Back to where we came from. */
void netns_leave(int home);
