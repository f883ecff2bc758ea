/* SPDX-License-Identifier: GPL-2.0-only */
/* Our tc filters among those of others. */
#pragma once

#include <stdbool.h>

#include "kernel/netif.h"
#include "kernel/store.h"

/* Handle of our tc filters: any, but always the same, below tc's own. */
#define TC_FILTER_HANDLE 0xfa017u
#define TC_FILTER_NAME "faultline"

/* Whether a filter with our handle and this program is there: 1, 0, or a
 * negative errno when that cannot be told. */
int tc_filter_find(__u32 ifindex, enum fl_side side, __u32 priority,
		   __u32 prog_id);
/* The same; false when it cannot be told. */
bool tc_filter_exists(__u32 ifindex, enum fl_side side, __u32 priority,
		      __u32 prog_id);

/* Whether the one that attach put there still is: 1, 0, or a negative errno. */
int tc_filter_is_ours(const struct store_entry *entry,
		      const struct fl_device *device, enum fl_side side);
