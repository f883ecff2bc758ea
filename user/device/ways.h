/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The devices and the process that hold packets until they depart: made for
 * the first rule that holds any, in the network namespace of the device.
 */
#pragma once

#include "private.h"

/*
 * Brings up whatever is not there yet, and returns when packets can be held.
 * Call with the lock held, before a rule with FL_ACT_HOLD is in force. Writes
 * the device record. FL_EXIT_*.
 */
int ways_attach(struct device *dev, struct fl_error *error);

/* The largest MTU of a device whose packets the engine can hold: ~0 when our
 * devices take any. */
__u32 ways_mtu_max(enum fl_holder holder);

/* Their devices by name, of which one end is given. */
enum ways_pair { WAYS_RETURN, WAYS_TAKE, WAYS_PAIRS };

/* Whether those that @device must have are there and up. */
bool ways_exist(const struct fl_device *device);

/* Of the end into which packets of @side are sent. */
void ways_name(__u32 ifindex, enum ways_pair pair, enum fl_side side,
	       char name[16]);

/* How long and how packets that are held are waited for. */
struct ways_drain {
	const struct device_detach_options *options; /* NULL: not at all */
	__u64 lost; /* is added to: what did not get out */
};

/*
 * Takes them down: rules must be off already. Adds to @leftovers what could
 * not be removed.
 */
void ways_remove(const struct store_entry *entry,
		 const struct fl_device *device, struct ways_drain *drain,
		 char *leftovers, size_t size);

/* What of them is not as it should be; "" when all is well or none is
 * wanted. */
void ways_check(const struct store_entry *entry, const struct fl_device *device,
		char *why, size_t size);

/*
 * Packets of one side that were given to the engine and got lost behind our
 * program's back, since the helpers are there: by full queues of theirs, or by
 * the process.
 */
__u64 ways_lost(const struct device *dev, enum fl_side side);
