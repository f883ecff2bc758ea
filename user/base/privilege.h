/* SPDX-License-Identifier: GPL-2.0-only */
/* Capabilities: what verbs need of them, and giving up the rest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

/* A bit for each CAP_*, as in /proc/PID/status. */
struct privileges {
	const char *verbs; /* "list, stats" */
	__u64 must, may;
};

/* The rows of privileges.def, the last one without verbs. */
extern const struct privileges privileges[];

/* Those that are in effect. */
__u64 privileges_held(void);

/* Which of @must are missing. CAP_SYS_ADMIN includes some others. */
__u64 privileges_missing(__u64 must, __u64 held);

/* Of those without which @verb cannot do its work, the ones that are not in
 * effect. */
__u64 privileges_lacking(const char *verb);

/* "CAP_BPF, CAP_NET_ADMIN", or "none". */
void privileges_print(__u64 set, char *text, size_t size);

/* Drops for good what @verb has no use for; all where it is not in the table.
 * False if that failed. */
bool privileges_keep(const char *verb);
