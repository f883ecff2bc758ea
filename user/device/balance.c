/* SPDX-License-Identifier: GPL-2.0-only */
#include "balance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holdings.h"
#include "kernel/counters.h"

int balance_read(struct device *dev, struct balance *balance)
{
	const __u32 count = FL_HOLD_IDS * FL_SIDES; /* others hold nothing */
	struct fl_counters *sums = calloc(count, sizeof(*sums));
	int err;

	if (!sums)
		return -ENOMEM;
	memset(balance, 0, sizeof(*balance));
	/* First, so that one released meanwhile makes it less, not more. */
	err = holdings_open(dev);
	if (!err)
		err = counters_read_all(dev->map[OBJ_COUNTS], sums, count);
	for (__u32 i = 0; i < count && !err; i++) {
		balance->held[i % FL_SIDES] += sums[i].reason[FL_REASON_HELD];
		balance->released[i % FL_SIDES] += __atomic_load_n(
			&dev->holdings[i].released, __ATOMIC_ACQUIRE);
	}
	free(sums);
	return err;
}

__u64 balance_left(const struct balance *balance, __u32 side)
{
	return balance->held[side] > balance->released[side] ?
		       balance->held[side] - balance->released[side] :
		       0;
}

void balance_close(struct device *dev)
{
	if (holdings_open(dev))
		return;
	for (__u32 i = 0; i < FL_HOLD_IDS * FL_SIDES; i++)
		if (dev->holdings[i].held)
			__atomic_store_n(&dev->holdings[i].held, 0,
					 __ATOMIC_RELAXED);
}
