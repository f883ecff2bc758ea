/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking down what holds packets, after those that it holds. */
#pragma once

#include "device.h"
#include "kernel/store.h"

/* How long and how packets that are held are waited for. */
struct drain {
	const struct device_detach_options *options;
	__u64 lost; /* is added to: what did not get out */
};

/*
 * Takes the ways of @device down, in the network namespace in which it was
 * attached, which is the current one: rules must be off already. With @drain
 * NULL nothing is waited for. Adds to @leftovers what could not be removed.
 */
void drain_ways(const struct store_entry *entry, const struct fl_device *device,
		struct drain *drain, char *leftovers, size_t size);

/* The same where that namespace is no more: only a process may be left. */
void drain_stop(const struct store_entry *entry,
		const struct fl_device *device);
