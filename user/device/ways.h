/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways: two devices of ours, into which packets are sent to be held and
 * from which they come back. Each belongs to the side whose packets are sent
 * into it.
 */
#pragma once

#include "open.h"

/* The priority of the tc filter on a way. */
#define WAYS_PRIORITY 1

void ways_name(__u32 ifindex, enum fl_side side, char name[16]);

/* Of the device that it stands upon, where the holder needs one. */
void ways_base_name(__u32 ifindex, enum fl_side side, char name[16]);

/* The index of a way that is up; 0: it is not there. */
__u32 ways_find(const struct fl_device *record, enum fl_side side);

/* Packets in the queues of the ways. */
__u64 ways_count_waiting(const struct fl_device *record);

/* Until none is left, for @wait_ns at most, or we are asked to end. */
void ways_await_empty(const struct fl_device *record, __u64 wait_ns);

/* From here on our programs send into no way. */
void ways_close(struct device *dev);
