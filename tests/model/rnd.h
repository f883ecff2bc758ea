/* SPDX-License-Identifier: GPL-2.0-only */
/* Random numbers for tests: the same run after run, one state per thread. */
#pragma once

#include <linux/types.h>

struct rnd {
	__u64 state;
};

/* Not fl_mix64(): tests must not share constants with what they test. */
static inline __u64 rnd_u64(struct rnd *rnd)
{
	__u64 x = rnd->state ? rnd->state : 0x106689d45497fdb5ULL;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	rnd->state = x;
	return x * 0x2545f4914f6cdd1dULL;
}

/* 0 .. @limit - 1 */
static inline __u32 rnd_below(struct rnd *rnd, __u32 limit)
{
	return (__u32)((rnd_u64(rnd) >> 32) * limit >> 32);
}

static inline int rnd_chance(struct rnd *rnd, __u32 percent)
{
	return rnd_below(rnd, 100) < percent;
}
