/* SPDX-License-Identifier: GPL-2.0-only */
#include "ways.h"

#include <stdio.h>
#include <time.h>

#include "base/signals.h"

#define PAUSE_NS 5000000

void ways_name(__u32 ifindex, enum fl_side side, char name[16])
{
	snprintf(name, 16, "fl%x%s", ifindex, side == FL_OUT ? "out" : "in");
}

void ways_base_name(__u32 ifindex, enum fl_side side, char name[16])
{
	snprintf(name, 16, "fl%x%sb", ifindex, side == FL_OUT ? "out" : "in");
}

__u32 ways_find(const struct fl_device *record, enum fl_side side)
{
	char name[16];

	ways_name(record->ifindex, side, name);
	return netif_helper_find(name);
}

__u64 ways_count_waiting(const struct fl_device *record)
{
	__u64 count = 0;

	for (int side = 0; side < FL_SIDES; side++) {
		struct netif_qdisc qdisc;
		struct netif_link link;
		char name[16];

		ways_name(record->ifindex, (enum fl_side)side, name);
		if (!netif_link_get(name, &link) &&
		    !netif_qdisc_get(link.ifindex, &qdisc))
			count += qdisc.waiting;
	}
	return count;
}

void ways_await_empty(const struct fl_device *record, __u64 wait_ns)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	__u64 left, until = clock_now_ns() + wait_ns;

	do {
		left = ways_count_waiting(record);
		nanosleep(&pause, NULL);
	} while (left && clock_now_ns() < until && !signals_want_end());
}

void ways_close(struct device *dev)
{
	for (int side = 0; side < FL_SIDES; side++)
		__atomic_store_n(&dev->control->out_device[side], 0,
				 __ATOMIC_RELEASE);
}
