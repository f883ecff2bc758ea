/* SPDX-License-Identifier: GPL-2.0-only */
/* What of the ways is there. @record is of a device that has a holder. */
#pragma once

#include "ways.h"

/* By side, 0: not there. */
struct ways_ends {
	__u32 ifindex[FL_SIDES]; /* packets are sent to it */
	__u32 door[FL_SIDES];	 /* they come back at a hook of this one */
};

/* Finds the ends; @why becomes "" when the devices are as we make them. */
void ways_check_devices(const struct store_entry *entry,
			const struct fl_device *record, struct ways_ends *ends,
			char *why, size_t size);

/* The program at the door of a side, and the side of its hook. */
enum obj_prog ways_back_program(enum fl_side side);
enum fl_side ways_back_hook(const struct fl_device *record);

/* The name of the device that is the door. */
void ways_door_name(const struct fl_device *record, enum fl_side side,
		    char name[16]);

/* Whether packets are held: our programs send into these, and who holds them
 * runs. */
bool ways_work(const struct fl_device *record, const struct fl_control *control,
	       const struct ways_ends *ends);

/* Whether those that the device must have are there and up. */
bool ways_exist(const struct fl_device *record);

/* What of them, and of who holds, is not as it should be; "" when all is well
 * or none is wanted. */
void ways_check(const struct store_entry *entry, const struct fl_device *record,
		char *why, size_t size);

/*
 * Packets of one side that were given to the holder and got lost behind our
 * program's back, since attach: by full queues of the ways, or by the process.
 */
__u64 ways_lost(const struct device *dev, enum fl_side side);
