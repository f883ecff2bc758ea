/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shape of every impairment: a pure integer function of its parameters
 * and of one packet's circumstances, compiled for the host and for BPF.
 */
#pragma once

#include "../abi.h"

struct fl_impair_in {
	__u64 draw;		/* 64 uniform bits for this packet and rule */
	__u32 number;		/* of this packet in rule and flow, from 0 */
	__u32 pad;
};

/* Defines fl_impair_NAME(params, in), which returns an enum fl_reason. */
#define FL_IMPAIR(name)							\
	static inline __attribute__((always_inline)) __u32		\
	fl_impair_##name(const union fl_params *params,		\
			 const struct fl_impair_in *in)
