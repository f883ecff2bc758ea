/* SPDX-License-Identifier: GPL-2.0-only */
#include "ng_time.h"

#include <stdint.h>

#define SECOND_NS 1000000000
#define BINARY 0x80 /* the unit is a power of 2, not of 10 */

typedef __int128 wide;

/* A unit of more digits than a number has is as fine as one can be. */
static __u64 ticks_per_second(const struct ng_clock *clock)
{
	__u8 exponent = clock->resolution & ~BINARY & 0xff;
	__u64 ticks = 1;

	if (clock->resolution & BINARY)
		return exponent < 64 ? 1ull << exponent : UINT64_MAX;
	if (exponent > 19)
		return UINT64_MAX;
	while (exponent--)
		ticks *= 10;
	return ticks;
}

static __u64 within(wide number, wide max)
{
	return (__u64)(number < 0 ? 0 : number > max ? max : number);
}

__u64 ng_time_ns(const struct ng_clock *clock, __u64 ticks)
{
	wide ns = (wide)ticks * SECOND_NS / ticks_per_second(clock);

	return within(ns + (wide)clock->offset_s * SECOND_NS, INT64_MAX);
}

__u64 ng_time_ticks(const struct ng_clock *clock, __u64 time_ns)
{
	wide ns = (wide)time_ns - (wide)clock->offset_s * SECOND_NS;
	wide rate = ticks_per_second(clock);

	if (ns < 0)
		return 0;
	/* In two parts: the whole may have more than 127 bits. */
	return within(ns / SECOND_NS * rate +
			      (ns % SECOND_NS * rate + SECOND_NS / 2) /
				      SECOND_NS,
		      UINT64_MAX);
}
