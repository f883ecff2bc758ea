/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "stats/counters.h"
#include "lib/tap.h"

#define WORDS (sizeof(struct fl_counters) / sizeof(__u64))

/* Every word another number, which grows from word to word by @step. */
static struct fl_counters ramp(__u64 step)
{
	struct fl_counters counters;
	__u64 words[WORDS];

	for (size_t i = 0; i < WORDS; i++)
		words[i] = step * (i + 1);
	memcpy(&counters, words, sizeof(counters));
	return counters;
}

static bool is_ramp(const struct fl_counters *counters, __u64 step)
{
	const struct fl_counters want = ramp(step);

	return !memcmp(counters, &want, sizeof(want));
}

static void test_sums(void)
{
	const struct fl_counters side[FL_SIDES] = {
		[FL_IN] = ramp(3),
		[FL_OUT] = ramp(1ull << 40),
	};
	struct fl_counters sum = side[FL_IN], both;

	counters_add(&sum, &side[FL_OUT]);
	tap_ok(is_ramp(&sum, 3 + (1ull << 40)), "every member is added");
	counters_subtract(&sum, &side[FL_IN]);
	tap_ok(is_ramp(&sum, 1ull << 40), "every member is subtracted");
	both = counters_both(side);
	tap_ok(is_ramp(&both, 3 + (1ull << 40)), "both directions as one");
	tap_ok(is_ramp(&side[FL_IN], 3) && is_ramp(&side[FL_OUT], 1ull << 40),
	       "which stay as they are");
}

static void test_settle(void)
{
	struct fl_counters before = ramp(5), after;

	before.effect[0] = (__u64)-1;
	before.effect[FL_EFFECTS - 1] = 1ull << 63;
	after = before;
	counters_settle(&after);
	tap_ok(!after.effect[0] && !after.effect[FL_EFFECTS - 1],
	       "no effect is below 0");
	after.effect[0] = before.effect[0];
	after.effect[FL_EFFECTS - 1] = before.effect[FL_EFFECTS - 1];
	tap_ok(!memcmp(&after, &before, sizeof(after)), "nothing else changes");
}

static bool is_split(const struct fl_counters *c, __u64 passed, __u64 dropped,
		     __u64 held)
{
	return c->reason[FL_REASON_PASSED] == passed &&
	       c->reason[FL_REASON_DROPPED] == dropped &&
	       c->reason[FL_REASON_HELD] == held &&
	       c->packets == passed + dropped + held;
}

static void test_release(void)
{
	struct fl_counters first = { .packets = 100 }, c;

	first.reason[FL_REASON_HELD] = 90;
	first.reason[FL_REASON_PASSED] = 10;
	c = first;
	counters_release(&c, 60, 0);
	tap_ok(is_split(&c, 70, 0, 30), "released ones have passed");
	counters_release(&c, 0, 5);
	tap_ok(is_split(&c, 70, 5, 25), "lost ones are dropped");
	c = first;
	counters_release(&c, 91, 3);
	tap_ok(is_split(&c, 100, 0, 0), "never more than were held");
	c = first;
	c.reason[FL_REASON_HELD] = (__u64)-2;
	c.reason[FL_REASON_DROPPED] = 92;
	counters_release(&c, 0, 0);
	tap_ok(is_split(&c, 10, 92, 0), "nor less than none");
}

static void test_since(void)
{
	struct fl_holding base = {
		.released = 5,
		.late = 1,
		.delay_ns = 100,
		.held = 3,
		.last_ns = 9,
		.histogram = { [7] = ~0u },
	};
	struct fl_holding now = base;

	now.released += 2;
	now.delay_ns += 50;
	now.histogram[7] += 2;
	now.held = 4;
	holding_since(&now, &base);
	tap_ok(now.released == 2 && !now.late && now.delay_ns == 50 &&
		       now.histogram[7] == 2 && now.held == 4 &&
		       now.last_ns == 9,
	       "a rule begins at what its slot had");
}

int main(void)
{
	test_sums();
	test_settle();
	test_release();
	test_since();
	return tap_done();
}
