/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Counter-based random numbers: the draw for a packet is a function of who
 * asks and of the packet's number alone, so the same seed and traffic give
 * the same victims on any CPU, queue or kernel.
 */
#pragma once

#include "abi.h"

/* David Stafford's mix 13, as in splitmix64. */
static inline __attribute__((always_inline)) __u64 fl_mix64(__u64 z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

/* A multiplier that only who has @seed knows: odd, so that no bit gets lost. */
static inline __attribute__((always_inline)) __u64 fl_secret(__u64 seed)
{
	return fl_mix64(seed) | 1;
}

/*
 * The @number-th draw (from 0) of the stream @seed, @identity: 64 uniform
 * bits. Splitmix64 with the counter as its state (Steele, Lea, Flood 2014).
 */
static inline __attribute__((always_inline)) __u64
fl_draw(__u64 seed, __u64 identity, __u64 number)
{
	return fl_mix64((seed ^ identity) +
			(number + 1) * 0x9e3779b97f4a7c15ULL);
}

/* True with probability @probability_u32 of 2^32-1; 0 and FL_P_ONE exact. */
static inline __attribute__((always_inline)) int
fl_chance(__u32 probability_u32, __u32 draw)
{
	return probability_u32 && draw <= probability_u32;
}

/* The same of 2^64-1, for probabilities that 32 bits are too coarse for. */
static inline __attribute__((always_inline)) int
fl_chance64(__u64 probability_u64, __u64 draw)
{
	return probability_u64 && draw <= probability_u64;
}
