/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The usher: a thread of the worker's that does what may take a while. It finds
 * the devices whose packets are to be held, opens them in their network
 * namespaces, sees when one is no longer wanted, closes it, and counts what got
 * lost.
 */
#pragma once

#include "state.h"

struct usher;

/* With the device @first, which must be there: else FL_EXIT_*. NULL: whatever
 * there is. */
int usher_start(struct worker *worker, const struct store_entry *first,
		struct usher **usher, struct fl_error *error);

/* When the last guest has left. */
void usher_end(struct usher *usher);
