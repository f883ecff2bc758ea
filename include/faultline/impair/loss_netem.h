/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "../rng.h"
#include "impair.h"

/* Places in struct fl_chain.state. */
#define FL_NETEM_LAST 0 /* the correlated number before this one */
#define FL_NETEM_LFSR 1 /* to 4: the generator */

/* One component of LFSR113 (L'Ecuyer 1999). */
static inline __attribute__((always_inline)) __u32
fl_tausworthe(__u32 s, __u32 a, __u32 b, __u32 c, __u32 d)
{
	return ((s & c) << d) ^ (((s << a) ^ s) >> b);
}

/* As the kernel's prandom_u32_state(). */
static inline __attribute__((always_inline)) __u32 fl_lfsr113(__u32 s[4])
{
	s[0] = fl_tausworthe(s[0], 6, 13, ~1u, 18);
	s[1] = fl_tausworthe(s[1], 2, 27, ~7u, 2);
	s[2] = fl_tausworthe(s[2], 13, 21, ~15u, 7);
	s[3] = fl_tausworthe(s[3], 3, 12, ~127u, 13);
	return s[0] ^ s[1] ^ s[2] ^ s[3];
}

/*
 * netem's "loss random P CORR": x = u (1 - rho) + last rho, and lost where
 * x <= P. That does not keep the rate: x crowds around 1/2.
 */
FL_IMPAIR(loss_netem)
{
	__u64 rho = (__u64)params->netem.correlation_u32 + 1;
	__u32 x;

	/* Then netem does not draw, either. */
	if (!params->netem.probability_u32)
		return FL_REASON_PASSED;
	x = fl_lfsr113(state + FL_NETEM_LFSR);
	if (params->netem.correlation_u32) {
		x = (__u32)((x * ((1ull << 32) - rho) +
			     state[FL_NETEM_LAST] * rho) >>
			    32);
		state[FL_NETEM_LAST] = x;
	}
	return x <= params->netem.probability_u32 ? FL_REASON_DROPPED :
						    FL_REASON_PASSED;
}

/*
 * As the kernel's prandom_seed_state(). What the kernel leaves to chance, the
 * number before the first, comes out of the seed too.
 */
static inline void fl_netem_seed(__u64 seed, __u32 state[FL_CHAIN_WORDS])
{
	static const __u32 least[4] = { 2, 8, 16, 128 };
	__u32 folded = (__u32)((seed >> 32) ^ (seed << 10) ^ seed);

	state[FL_NETEM_LAST] = (__u32)(fl_draw(seed, 0, 0) >> 32);
	for (int i = 0; i < 4; i++)
		state[FL_NETEM_LFSR + i] = folded < least[i] ?
						   folded + least[i] :
						   folded;
}

FL_EXPECT(loss_netem)
{
	struct fl_expect expect = fl_expect_drops(
		FL_LAW_NETEM, fl_ratio(params->netem.probability_u32));

	expect.probability_u32 = params->netem.probability_u32;
	expect.correlation_u32 = params->netem.correlation_u32;
	return expect;
}
