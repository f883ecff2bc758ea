/* SPDX-License-Identifier: GPL-2.0-only */
#include "lost.h"

#include <string.h>
#include <time.h>

#include "device/balance.h"
#include "device/ways_state.h"

#define LOOK_PAUSE_NS 5000000

/* Queues of our devices have counts of their own, which are added to ours as
 * long as they are there: what they dropped must not be counted here too. */
static __u64 lost_by_queues(const struct device *dev, __u32 side)
{
	return ways_lost(dev, (enum fl_side)side) - dev->control->lost[side];
}

/* The least that is left, of all looks for so long. */
static int look(struct device *dev, __u64 look_ns, __u64 least[FL_SIDES])
{
	const struct timespec pause = { .tv_nsec = LOOK_PAUSE_NS };
	__u64 until = clock_now_ns() + look_ns;
	struct balance balance;
	bool lost;

	do {
		lost = false;
		if (balance_read(dev, &balance))
			return -1;
		for (__u32 side = 0; side < FL_SIDES; side++) {
			__u64 left = balance_left(&balance, side);

			if (left < least[side])
				least[side] = left;
			lost = lost ||
			       least[side] > ways_lost(dev, (enum fl_side)side);
		}
		nanosleep(&pause, NULL);
	} while (lost && clock_now_ns() < until);
	return 0;
}

void hold_count_lost(struct device *dev, __u64 look_ns)
{
	__u64 least[FL_SIDES] = { ~0ull, ~0ull };

	if (look(dev, look_ns, least)) {
		device_holdings_close(dev);
		return;
	}
	for (__u32 side = 0; side < FL_SIDES; side++) {
		__u64 known = ways_lost(dev, (enum fl_side)side);

		if (least[side] > known)
			dev->control->lost[side] += least[side] - known;
	}
	balance_close(dev);
	device_holdings_close(dev);
}

static bool settle(struct device *dev, const __u64 *busy_at)
{
	const struct timespec pause = { .tv_nsec = 10 * LOOK_PAUSE_NS };
	__u64 busy_ns = __atomic_load_n(busy_at, __ATOMIC_ACQUIRE);
	__u64 beat_ns = __atomic_load_n(&dev->control->beat_ns,
					__ATOMIC_ACQUIRE);
	struct balance before, after;

	if (balance_read(dev, &before))
		return false;
	nanosleep(&pause, NULL);
	if (balance_read(dev, &after) ||
	    memcmp(&before, &after, sizeof(after)) ||
	    __atomic_load_n(busy_at, __ATOMIC_ACQUIRE) != busy_ns)
		return false;
	/* Who does not run says nothing of what he holds. */
	if (beat_ns == FL_BEAT_ASLEEP ?
		    dev->control->given_ns != 0 :
		    __atomic_load_n(&dev->control->beat_ns, __ATOMIC_ACQUIRE) ==
			    beat_ns)
		return false;
	for (__u32 side = 0; side < FL_SIDES; side++) {
		__u64 queues = lost_by_queues(dev, side);
		__u64 lost = balance_left(&after, side);

		dev->control->lost[side] = lost > queues ? lost - queues : 0;
	}
	balance_close(dev);
	return true;
}

bool hold_settle_lost(struct device *dev, const __u64 *busy_at)
{
	bool settled = settle(dev, busy_at);

	device_holdings_close(dev);
	return settled;
}
