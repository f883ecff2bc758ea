/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking down, and finding what needs it. With the lock held. */
#pragma once

#include <stddef.h>

#include "kernel/store.h"

/*
 * Takes down whatever the entry put up, as far as it is still there, and
 * removes its pins. @leftovers says what could not be put back, or "".
 */
void detach_teardown(const struct store_entry *entry, char *leftovers,
		     size_t size);

/* Tears down what is half made, and what its device has gone from. Returns
 * how many entries went. */
unsigned detach_sweep(void);
