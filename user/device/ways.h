/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ways: veth pairs of ours, into which packets are sent to be held and
 * from which they come back. Each end belongs to the side whose packets are
 * sent into it.
 */
#pragma once

#include "open.h"

enum ways_pair { WAYS_RETURN, WAYS_TAKE, WAYS_PAIRS };

/* The priority of the tc filter on an end. */
#define WAYS_PRIORITY 1

void ways_name(__u32 ifindex, enum ways_pair pair, enum fl_side side,
	       char name[16]);

/* The index of an end that is up; 0: it is not there. */
__u32 ways_find(const struct fl_device *record, enum ways_pair pair,
		enum fl_side side);

/* The program at tc ingress of an end: what is sent out by one arrives at the
 * other. */
enum obj_prog ways_back_program(enum fl_side side);

/* Calls @attach with a pinned program. Negative errno. */
int ways_attach(const struct store_entry *entry, enum obj_prog prog,
		int (*attach)(__u32 ifindex, int fd), __u32 ifindex);

/* Packets in the queues of a pair. */
__u64 ways_count_waiting(const struct fl_device *record, enum ways_pair pair);

/* Until none is left, for @wait_ns at most. */
void ways_await_empty(const struct fl_device *record, enum ways_pair pair,
		      __u64 wait_ns);

/* From here on our programs send into no pair. */
void ways_close(struct device *dev);
