/* SPDX-License-Identifier: GPL-2.0-only */
#include "clock.h"

#include <time.h>

static __u64 read_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (__u64)t.tv_sec * 1000000000u + (__u64)t.tv_nsec;
}

__u64 clock_now_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

__u64 clock_boot_ns(void)
{
	return read_ns(CLOCK_BOOTTIME);
}

__u64 clock_real_ns(void)
{
	return read_ns(CLOCK_REALTIME);
}
