/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that were given to a worker and did not come out again. */
#include <string.h>

#include "device/balance.h"
#include "device/helpers.h"
#include "private.h"

#define LOOK_PAUSE_NS 5000000

/* Queues of our devices have counts of their own, which are added to ours as
 * long as they are there: what they dropped must not be counted here too. */
static __u64 lost_by_queues(const struct engine *engine, __u32 side)
{
	return engine_helpers_lost(engine, (enum fl_side)side) -
	       engine->control->lost[side];
}

void hold_count_lost(struct engine *engine, __u64 look_ns, bool last)
{
	const struct timespec pause = { .tv_nsec = LOOK_PAUSE_NS };
	__u64 least[FL_SIDES] = { ~0ull, ~0ull }, until = engine_now_ns();
	struct engine_balance balance;

	until += look_ns;
	do {
		if (engine_balance_read(engine, &balance))
			return;
		for (__u32 side = 0; side < FL_SIDES; side++) {
			__u64 left = engine_balance_left(&balance, side);

			if (left < least[side])
				least[side] = left;
		}
		nanosleep(&pause, NULL);
	} while (engine_now_ns() < until);
	for (__u32 side = 0; side < FL_SIDES; side++) {
		__u64 known = engine->control->lost[side];

		if (!last)
			known += lost_by_queues(engine, side);
		if (least[side] > known)
			engine->control->lost[side] += least[side] - known;
	}
	engine_balance_close(engine);
}

bool hold_settle_lost(struct engine *engine, const struct hold_shared *shared)
{
	const struct timespec pause = { .tv_nsec = 10 * LOOK_PAUSE_NS };
	__u64 busy_ns = __atomic_load_n(&shared->busy_ns, __ATOMIC_ACQUIRE);
	__u64 beat_ns = __atomic_load_n(&engine->control->beat_ns,
					__ATOMIC_ACQUIRE);
	struct engine_balance before, after;

	if (engine_balance_read(engine, &before))
		return false;
	nanosleep(&pause, NULL);
	if (engine_balance_read(engine, &after) ||
	    memcmp(&before, &after, sizeof(after)) ||
	    __atomic_load_n(&shared->busy_ns, __ATOMIC_ACQUIRE) != busy_ns)
		return false;
	/* Who does not run says nothing of what he holds. */
	if (__atomic_load_n(&engine->control->beat_ns, __ATOMIC_ACQUIRE) ==
	    beat_ns)
		return false;
	for (__u32 side = 0; side < FL_SIDES; side++) {
		__u64 queues = lost_by_queues(engine, side);
		__u64 lost = engine_balance_left(&after, side);

		engine->control->lost[side] = lost > queues ? lost - queues : 0;
	}
	engine_balance_close(engine);
	return true;
}
