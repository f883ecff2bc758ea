/* SPDX-License-Identifier: GPL-2.0-only */
/* Units of time, and what no number can say. */
#include <stddef.h>
#include <stdint.h>

#include "replay/ng_time.h"
#include "lib/tap.h"

#define S 1000000000ull

static const struct {
	const char *name;
	struct ng_clock clock;
	__u64 ticks, ns;
} times[] = {
	{ "us", { 6, 0 }, 1700000000123456, 1700000000123456000 },
	{ "ns", { 9, 0 }, 1700000000123456789, 1700000000123456789 },
	{ "ms", { 3, 0 }, 1700000000123, 1700000000123000000 },
	{ "s", { 0, 0 }, 1700000000, 1700000000 * S },
	{ "2^-10 s", { 0x8a, 0 }, 1536, 1500000000 },
	{ "2^-30 s", { 0x9e, 0 }, 3ull << 29, 1500000000 },
	{ "an offset", { 6, 100 }, 1, 100 * S + 1000 },
	{ "an offset back", { 6, -1 }, 2500000, 1500000000 },
};

static void test_ends(void)
{
	struct ng_clock clock = { 6, -5 };

	tap_is_u64(ng_time_ns(&clock, 4000000), 0, "never before 1970");
	clock.offset_s = INT64_MAX;
	tap_is_u64(ng_time_ns(&clock, 1), INT64_MAX, "as late as can be");
	tap_is_u64(ng_time_ticks(&clock, S), 0, "before the offset: 0");
	clock.offset_s = INT64_MIN;
	tap_is_u64(ng_time_ns(&clock, UINT64_MAX), 0, "long before");
	tap_is_u64(ng_time_ticks(&clock, UINT64_MAX), UINT64_MAX,
		   "more ticks than there are");
	clock = (struct ng_clock){ 6, 0 };
	tap_is_u64(ng_time_ns(&clock, UINT64_MAX), INT64_MAX, "late");
	tap_is_u64(ng_time_ticks(&clock, 1500), 2, "rounded up");
	tap_is_u64(ng_time_ticks(&clock, 1499), 1, "rounded down");
}

/* Any byte may stand there: no overflow, and time goes on. */
static void test_resolutions(void)
{
	bool good = true;

	for (int i = 0; i < 256; i++) {
		struct ng_clock clock = { (__u8)i, 0 };

		good &= ng_time_ns(&clock, 0) == 0;
		good &= ng_time_ns(&clock, 1ull << 62) <=
			ng_time_ns(&clock, 1ull << 63);
		good &= ng_time_ticks(&clock, S) <=
			ng_time_ticks(&clock, 2 * S);
	}
	tap_ok(good, "every resolution");
}

int main(void)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		tap_is_u64(ng_time_ns(&times[i].clock, times[i].ticks),
			   times[i].ns, "%s", times[i].name);
		tap_is_u64(ng_time_ticks(&times[i].clock, times[i].ns),
			   times[i].ticks, "%s: and back", times[i].name);
	}
	test_ends();
	test_resolutions();
	return tap_done();
}
