/* SPDX-License-Identifier: GPL-2.0-only */
#include "balance.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "stats/counters.h"

int engine_balance_read(const struct engine *engine,
			struct engine_balance *balance)
{
	struct fl_counters *sums = calloc(FL_COUNTS * FL_SIDES, sizeof(*sums));
	int err;

	if (!sums)
		return -ENOMEM;
	memset(balance, 0, sizeof(*balance));
	/* First, so that one released meanwhile makes it less, not more. */
	err = counters_read_all(engine->map[OBJ_COUNTS], sums,
				FL_COUNTS * FL_SIDES);
	for (__u32 i = 0; i < FL_RULES_MAX * FL_SIDES && !err; i++) {
		balance->held[i % FL_SIDES] += sums[i].reason[FL_REASON_HELD];
		balance->released[i % FL_SIDES] += __atomic_load_n(
			&engine->holdings[i].released, __ATOMIC_ACQUIRE);
	}
	free(sums);
	return err;
}

__u64 engine_balance_left(const struct engine_balance *balance, __u32 side)
{
	return balance->held[side] > balance->released[side] ?
		       balance->held[side] - balance->released[side] :
		       0;
}

void engine_balance_close(const struct engine *engine)
{
	for (__u32 i = 0; i < FL_RULES_MAX * FL_SIDES; i++)
		if (engine->holdings[i].held)
			__atomic_store_n(&engine->holdings[i].held, 0,
					 __ATOMIC_RELAXED);
}
