/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking a device down, and finding what needs it. With the lock held. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "drain.h"
#include "kernel/store.h"

/*
 * Takes down whatever the entry put up, as far as it is still there, in the
 * network namespaces in which it is; then removes its pins. Adds to @leftovers
 * what could not be put back. False: some of that may be done later, and the
 * entry stays for the next command, with rules off if that was possible. With
 * @drain NULL packets that are held are not waited for.
 */
bool teardown(const struct store_entry *entry, struct drain *drain,
	      char *leftovers, size_t size);

/* Tears down what is half made, and what its device has gone from. Returns how
 * many entries went. What stays is of interest only to whoever detaches it. */
unsigned teardown_sweep(void);
