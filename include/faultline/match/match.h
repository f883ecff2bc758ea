/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shape of the functions that rows of fields.def name: pure, compiled for
 * the host and for BPF.
 */
#pragma once

#include "../abi.h"
#include "../parsed.h"

/*
 * LEVEL PACKET. Defines fl_match_NAME(want, packet, number): whether @packet,
 * the @number-th of its flow and direction, from 0, meets *@want, the value of
 * a rule. No loops, and no addresses of a packet without FL_PARSED_V6 but
 * *_low: the verifier sees that the others are not there.
 */
#define FL_MATCH(name, type)                                              \
	static inline __attribute__((always_inline)) int fl_match_##name( \
		const FL_VALUE_##type *want __attribute__((unused)),      \
		const struct fl_parsed *packet __attribute__((unused)),   \
		__u64 number __attribute__((unused)))

/*
 * LEVEL FLOW. Defines fl_ends_NAME(side): a bit per enum fl_end at which the
 * value of a packet that goes @side may stand; it has to at one of them.
 */
#define FL_MATCH_ENDS(name)                          \
	static inline __attribute__((always_inline)) \
	__u32 fl_ends_##name(enum fl_side side __attribute__((unused)))

#define FL_BOTH_ENDS (1u << FL_SRC | 1u << FL_DST)
