/* SPDX-License-Identifier: GPL-2.0-only */
/* The timing wheel beside a list that is kept sorted. */
#include <stdlib.h>
#include <string.h>

#include "hold/wheel.h"
#include "lib/tap.h"

#define ENTRIES 3000u
#define TURN_NS ((__u64)WHEEL_SLOTS << WHEEL_TICK_SHIFT)

static struct wheel wheel;
static struct wheel_entry entries[ENTRIES];

/* ---- the reference ------------------------------------------------------ */

struct waiting {
	__u64 due_ns, tick;
	__u32 entry;
};

static struct waiting list[ENTRIES]; /* by tick, then by age */
static __u32 list_count;

static void list_put(__u32 entry, __u64 due_ns)
{
	__u64 tick = (due_ns + WHEEL_TICK_NS - 1) >> WHEEL_TICK_SHIFT;
	__u32 at = list_count++;

	if (tick < wheel.cursor)
		tick = wheel.cursor;
	for (; at && list[at - 1].tick > tick; at--)
		list[at] = list[at - 1];
	list[at] = (struct waiting){ due_ns, tick, entry };
}

static void list_drop(__u32 count)
{
	list_count -= count;
	memmove(list, list + count, list_count * sizeof(*list));
}

/* ---- both --------------------------------------------------------------- */

static __u64 seed = 1;

static __u64 below(__u64 limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return limit ? seed % limit : 0;
}

static void begin(__u64 now_ns)
{
	wheel_free(&wheel);
	list_count = 0;
	tap_ok(!wheel_init(&wheel, now_ns), "a wheel");
}

static void put(__u32 entry, __u64 due_ns)
{
	list_put(entry, due_ns);
	wheel_put(&wheel, &entries[entry], due_ns);
}

/* What comes out at @now_ns, in portions of @max; false: not as it should. */
static bool take(__u64 now_ns, __u32 max, bool *used)
{
	static struct wheel_entry *out[ENTRIES];
	__u32 count;

	do {
		count = wheel_take(&wheel, now_ns, out, max);
		if (count > list_count)
			return false;
		for (__u32 i = 0; i < count; i++) {
			if (out[i] != &entries[list[i].entry] ||
			    list[i].due_ns > now_ns)
				return false;
			used[list[i].entry] = false;
		}
		list_drop(count);
	} while (count == max);
	return !list_count || list[0].tick > now_ns >> WHEEL_TICK_SHIFT;
}

/* Neither late, nor so early that the caller would not sleep. */
static bool next_fits(__u64 now_ns)
{
	__u64 next = wheel_next_ns(&wheel);

	if (!list_count)
		return next == WHEEL_NEVER;
	return next > now_ns && next <= list[0].tick << WHEEL_TICK_SHIFT;
}

/* ---- checks ------------------------------------------------------------- */

struct shape {
	const char *name;
	__u64 ahead_ns; /* how far ahead at most */
	__u64 past_ns;	/* how long ago at most */
	__u64 grain_ns; /* times are multiples of it */
	__u64 step_ns;	/* between two looks, at most */
};

static const struct shape shapes[] = {
	{ "within a tick", WHEEL_TICK_NS, 0, 1, 3 * WHEEL_TICK_NS },
	{ "a millisecond ahead", 1000000, 0, 1, 100000 },
	{ "many at the same time", 1000000, 0, 250000, 20000 },
	{ "past ones among them", 200000, 300000, 1, 50000 },
	{ "up to a turn ahead", TURN_NS, 0, 1, TURN_NS / 50 },
	{ "several turns ahead", 7 * TURN_NS, 1000, 1, TURN_NS / 7 },
	{ "whole turns ahead", 7 * TURN_NS, 0, TURN_NS, TURN_NS / 3 },
	{ "a sleeper who misses turns", 4 * TURN_NS, 0, 1, 5 * TURN_NS },
	{ "a minute ahead", 68000000000ull, 0, 1, 700000000 },
};

static bool shake(const struct shape *shape, __u64 now_ns)
{
	static bool used[ENTRIES];

	memset(used, 0, sizeof(used));
	for (int round = 0; round < 3000; round++) {
		for (__u64 i = below(8); i; i--) {
			__u32 entry = (__u32)below(ENTRIES);
			__u64 due = now_ns - below(shape->past_ns) +
				    below(shape->ahead_ns);

			if (used[entry])
				continue;
			used[entry] = true;
			put(entry, due - due % shape->grain_ns);
		}
		now_ns += below(shape->step_ns);
		if (!take(now_ns, round % 3 ? 64 : 1, used) ||
		    !next_fits(now_ns))
			return false;
	}
	return take(now_ns + shape->ahead_ns + 2 * WHEEL_TICK_NS, 64, used) &&
	       !list_count && !wheel.count;
}

static void check_shapes(void)
{
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		/* At different places of the turn, the end among them. */
		begin(1000 * TURN_NS + below(TURN_NS));
		tap_ok(shake(&shapes[i], wheel.cursor << WHEEL_TICK_SHIFT),
		       "%s: as a sorted list", shapes[i].name);
	}
}

static void check_many_equal(void)
{
	static bool used[ENTRIES];
	__u64 now = 12345 * TURN_NS - 5;

	begin(now);
	for (__u32 i = 0; i < ENTRIES; i++)
		put((i * 7919u) % ENTRIES, now + 100000);
	tap_ok(take(now + 99999, 64, used) && list_count == ENTRIES,
	       "%u at the same time: none before it", ENTRIES);
	tap_ok(take(now + 100000 + WHEEL_TICK_NS, 256, used) && !list_count,
	       "... all after it, in the order in which they came");
}

/* Every single distance across the end of the arrays, at all levels. */
static void check_wrap(void)
{
	static bool used[ENTRIES];
	bool good = true;

	for (__u32 bit = 0; bit <= WHEEL_SLOTS_LOG; bit++) {
		__u64 now = 3 * TURN_NS - 2 * WHEEL_TICK_NS;
		__u64 due = now + ((__u64)1 << bit << WHEEL_TICK_SHIFT);

		wheel_free(&wheel);
		list_count = 0;
		good = good && !wheel_init(&wheel, now);
		put(bit, due);
		good = good && take(due - 1, 64, used) && list_count == 1 &&
		       wheel_next_ns(&wheel) == due;
		good = good && take(due, 64, used) && !list_count;
	}
	tap_ok(good, "each power of two of ticks ahead, across the end");
}

static void check_order_by_turns(void)
{
	static bool used[ENTRIES];
	__u64 now = 77 * TURN_NS;

	begin(now);
	put(1, now + 3 * TURN_NS + WHEEL_TICK_NS);
	put(2, now + 2 * TURN_NS + WHEEL_TICK_NS);
	put(3, now + 2 * TURN_NS + 2 * WHEEL_TICK_NS);
	put(4, now + 3 * TURN_NS + WHEEL_TICK_NS);
	tap_ok(take(now + 10 * TURN_NS, 1, used) && !list_count,
	       "all at once after ten turns: in order");
}

/* Who looks for the next one is not kept awake by those of later turns. */
static void check_later_turns(void)
{
	__u64 now = 5 * TURN_NS, due = now + 100 * WHEEL_TICK_NS;

	begin(now);
	for (__u32 i = 0; i < 10; i++)
		put(i, now + (1 + i % 3) * TURN_NS + i * WHEEL_TICK_NS);
	put(10, due);
	tap_is_u64(wheel_next_ns(&wheel), due, "later turns are passed over");
	put(11, due + 2 * TURN_NS);
	put(12, now + 5 * WHEEL_TICK_NS);
	tap_is_u64(wheel_next_ns(&wheel), now + 5 * WHEEL_TICK_NS,
		   "not what is behind one of them in its slot");
}

int main(void)
{
	check_shapes();
	check_many_equal();
	check_wrap();
	check_order_by_turns();
	check_later_turns();
	wheel_free(&wheel);
	return tap_done();
}
