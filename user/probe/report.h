/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to this room. */
#pragma once

#include "probe.h"

struct probe_report {
	struct probe_result *list;
	size_t max, count;
};

/* Adds a result with an empty fix; what does not fit is cut off. */
void probe_add(struct probe_report *report, const char *what,
	       enum probe_state state, const char *found, ...)
	__attribute__((format(printf, 4, 5)));

/* The fix of the result that was added last. */
void probe_fix(struct probe_report *report, const char *fix, ...)
	__attribute__((format(printf, 2, 3)));

/* Reads the beginning of a small file as a line; 0 or -errno. */
int probe_read_line(const char *path, char *line, size_t size);

/* Which parts of the kernel are there: one result for each. */
void probe_kernel_parts(struct probe_report *report);

/* Native XDP by the driver's name, and who has attached a program. */
struct netif_link;
void probe_xdp(struct probe_report *report, const struct netif_link *link);
int probe_has_native(const struct netif_link *link);
int probe_has_generic_only(const struct netif_link *link);

/* By the name of a program or filter. */
int probe_is_ours(const char *name);
