/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways: veth pairs of ours, into which packets are sent to be held and
 * from which they come back. What they are called, and what of them is there.
 */
#pragma once

#include <stdbool.h>

#include "open.h"

/* By name, of which one end is given. */
enum ways_pair { WAYS_RETURN, WAYS_TAKE, WAYS_PAIRS };

/* Of the tc filter on an end. */
#define WAYS_PRIORITY 1

/* The largest MTU of a device whose packets the holder can hold: ~0 when the
 * ways take any. */
__u32 ways_mtu_max(enum fl_holder holder);

/* Pairs that @device must have. */
int ways_count_pairs(const struct fl_device *device);

const char *ways_holder_name(const struct fl_device *device);

/* Of the end into which packets of @side are sent. */
void ways_name(__u32 ifindex, enum ways_pair pair, enum fl_side side,
	       char name[16]);

/* The program at tc ingress of the end into which packets of @side are sent:
 * what is sent out by one end arrives at the other. */
enum obj_prog ways_back_program(enum fl_side side);

/* Ends by the side whose packets are sent into them, 0: not there. */
struct ways_ends {
	__u32 ifindex[WAYS_PAIRS][FL_SIDES];
};

/* Finds the ends; @why becomes "" when the devices are as we make them. */
void ways_check_devices(const struct store_entry *entry,
			const struct fl_device *device, struct ways_ends *ends,
			char *why, size_t size);

/* Those of them into which our programs send, by side. */
const __u32 *ways_ends_into(const struct fl_device *device,
			    const struct ways_ends *ends);

/* Whether our programs send into these. */
bool ways_are_in_use(const struct fl_device *device,
		     const struct fl_control *control,
		     const struct ways_ends *ends);

/* Whether those that @device must have are there and up. */
bool ways_exist(const struct fl_device *device);

/* What of them, and of who holds, is not as it should be; "" when all is well
 * or none is wanted. */
void ways_check(const struct store_entry *entry, const struct fl_device *device,
		char *why, size_t size);

/*
 * Packets of one side that were given to the holder and got lost behind our
 * program's back, since the ways are there: by full queues of theirs, or by
 * the process.
 */
__u64 ways_lost(const struct device *dev, enum fl_side side);
