/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether what we put up is still there, by the kernel's word. */
#pragma once

#include "kernel/store.h"
#include "stats/sample.h"

/* What of ours is not where attach put it, or ""; of the programs on the
 * device itself only. */
void health_check_programs(const struct store_entry *entry,
			   const struct fl_device *device, char *why,
			   size_t size);

/* The same, and of what holds packets. */
void health_check(const struct store_entry *entry,
		  const struct fl_device *device, char *why, size_t size);
