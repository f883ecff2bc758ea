/* SPDX-License-Identifier: GPL-2.0-only */
/* Which pins are those of a device. */
#pragma once

#include <stddef.h>

#include "base/error.h"
#include "kernel/netif.h"
#include "kernel/store.h"

/*
 * The pins under which @link was attached, from here or from the network
 * namespace that it has been moved from. -ENOENT when there are none, or
 * another negative errno.
 */
int find_entry(const struct netif_link *link, struct store_entry *entry);

/* Whether programs of @entry are on @link, which is here: 1, 0, or a negative
 * errno when that cannot be told. */
int find_works_on(const struct store_entry *entry,
		  const struct netif_link *link);

/* All entries, and the cookie of this network namespace. FL_EXIT_*; the caller
 * frees @list. */
int find_entries(struct store_entry **list, size_t *count, __u64 *cookie,
		 struct fl_error *error);
