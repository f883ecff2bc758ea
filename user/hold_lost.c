/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that were given to a worker and did not come out again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine_helpers.h"
#include "hold_private.h"
#include "sample_counters.h"

#define LOOK_PAUSE_NS	5000000

struct balance {		/* of each side, since attach */
	__u64 held[FL_SIDES], released[FL_SIDES];
};

/*
 * Packets that were counted as held, first, so that one which is released
 * meanwhile makes it less and not more.
 */
static int read_balance(const struct engine *engine, struct balance *balance)
{
	struct fl_counters *sums = calloc(FL_COUNTS * FL_SIDES, sizeof(*sums));
	int err;

	if (!sums)
		return -ENOMEM;
	memset(balance, 0, sizeof(*balance));
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

static __u64 not_released(const struct balance *balance, __u32 side)
{
	return balance->held[side] > balance->released[side] ?
		       balance->held[side] - balance->released[side] : 0;
}

/* Queues of our devices have counts of their own, which are added to ours as
 * long as they are there: what they dropped must not be counted here too. */
static __u64 lost_by_queues(const struct engine *engine, __u32 side)
{
	return engine_helpers_lost(engine, (enum fl_side)side) -
	       engine->control->lost[side];
}

static void nothing_is_held(struct engine *engine)
{
	for (__u32 i = 0; i < FL_RULES_MAX * FL_SIDES; i++)
		if (engine->holdings[i].held)
			__atomic_store_n(&engine->holdings[i].held, 0,
					 __ATOMIC_RELAXED);
}

void hold_count_lost(struct engine *engine, __u64 look_ns, bool last)
{
	const struct timespec pause = { .tv_nsec = LOOK_PAUSE_NS };
	__u64 least[FL_SIDES] = { ~0ull, ~0ull }, until = hold_now_ns();
	struct balance balance;

	until += look_ns;
	do {
		if (read_balance(engine, &balance))
			return;
		for (__u32 side = 0; side < FL_SIDES; side++)
			if (not_released(&balance, side) < least[side])
				least[side] = not_released(&balance, side);
		nanosleep(&pause, NULL);
	} while (hold_now_ns() < until);
	for (__u32 side = 0; side < FL_SIDES; side++) {
		__u64 known = engine->control->lost[side];

		if (!last)
			known += lost_by_queues(engine, side);
		if (least[side] > known)
			engine->control->lost[side] += least[side] - known;
	}
	nothing_is_held(engine);
}

bool hold_settle_lost(struct engine *engine, const struct hold_shared *shared)
{
	const struct timespec pause = { .tv_nsec = 10 * LOOK_PAUSE_NS };
	__u64 busy_ns = __atomic_load_n(&shared->busy_ns, __ATOMIC_ACQUIRE);
	struct balance before, after;

	if (read_balance(engine, &before))
		return false;
	nanosleep(&pause, NULL);
	if (read_balance(engine, &after) ||
	    memcmp(&before, &after, sizeof(after)) ||
	    __atomic_load_n(&shared->busy_ns, __ATOMIC_ACQUIRE) != busy_ns)
		return false;
	for (__u32 side = 0; side < FL_SIDES; side++) {
		__u64 queues = lost_by_queues(engine, side);
		__u64 lost = not_released(&after, side);

		engine->control->lost[side] = lost > queues ? lost - queues : 0;
	}
	nothing_is_held(engine);
	return true;
}
