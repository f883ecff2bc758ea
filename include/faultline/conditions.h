/* SPDX-License-Identifier: GPL-2.0-only */
/* The tests of LEVEL PACKET, one after the other, from fields.def. */
#pragma once

#include <faultline/fields.h> /* made by make: every match/x.h */

#include "abi.h"
#include "parsed.h"

#define FL_TEST_FLOW(id, member, function)
#define FL_TEST_PACKET(id, member, function)                      \
	if (asked->fields & 1u << FL_FIELD_##id &&                \
	    !fl_match_##function(&asked->member, packet, number)) \
		return 0;

/* Whether @packet meets all of @asked; @number counts the packets of its flow
 * and direction, from 0. */
static inline __attribute__((always_inline)) int
fl_conditions_hold(const struct fl_conditions *asked,
		   const struct fl_parsed *packet, __u64 number)
{
#define FIELD(id, words, type, level, directions, member, function, ...) \
	FL_TEST_##level(id, member, function)
#include "fields.def"
#undef FIELD
	return 1;
}

#undef FL_TEST_FLOW
#undef FL_TEST_PACKET
