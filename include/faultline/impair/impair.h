/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shape of every impairment: a pure integer function of its parameters,
 * of one packet's circumstances and of what it kept from the packet before,
 * compiled for the host and for BPF. Beside it stands what it comes to.
 */
#pragma once

#include "../abi.h"
#include "expect.h"

struct fl_impair_in {
	__u64 draw;	 /* 64 uniform bits for packet and category */
	__u32 number;	 /* of this packet in rule and flow, from 0 */
	__u8 ecn;	 /* codepoint of the packet, 0..3 */
	__u8 answerable; /* may be answered by RST or ICMP */
	__u8 traced;	 /* digit of the trace for this number */
	__u8 pad;
};

#define FL_ECN_NOT_ECT 0
#define FL_ECN_CE 3

/*
 * Defines fl_impair_NAME(params, in, state), which returns a fate: see fate.h.
 * @state: FL_CHAIN_WORDS words, 0 before the first packet, of which only the
 * first is kept per flow.
 */
#define FL_IMPAIR(name)                                                      \
	static inline __attribute__((always_inline)) __u64 fl_impair_##name( \
		const union fl_params *params __attribute__((unused)),       \
		const struct fl_impair_in *in __attribute__((unused)),       \
		__u32 *state __attribute__((unused)))
