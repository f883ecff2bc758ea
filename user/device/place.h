/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network namespaces of a device: that in which it was attached, and that
 * in which it is now. A command enters them, and comes back.
 */
#pragma once

#include <stdbool.h>

#include "kernel/netif.h"
#include "kernel/obj.h"
#include "kernel/store.h"

/* Where a command came from. */
struct place {
	int from; /* -1: from here */
};

/* Goes to where the device was attached. 0; -ENOENT: that namespace is no
 * more; or another negative errno. */
int place_enter_home(const struct fl_device *record, struct place *place);

/* Goes to where the device is now, and fills @link. 0; -ENODEV: it is no more;
 * or another negative errno. */
int place_enter_device(const struct store_entry *entry,
		       const struct fl_device *record, struct place *place,
		       struct netif_link *link);

/* Undoes either, when it returned 0. */
void place_leave(struct place *place);

/* Whether a link of ours is still on a device: 1, 0, or a negative errno. */
int place_has_link(const struct store_entry *entry);
