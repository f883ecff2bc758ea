/* SPDX-License-Identifier: GPL-2.0-only */
/* Which pins are those of a device. */
#pragma once

#include "kernel/netif.h"
#include "kernel/store.h"

/*
 * The pins under which @link was attached, from here or from the network
 * namespace that it has been moved from. -ENOENT when there are none, or
 * another negative errno.
 */
int find_entry(const struct netif_link *link, struct store_entry *entry);
