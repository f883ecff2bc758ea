/* SPDX-License-Identifier: GPL-2.0-only */
/* The tests of LEVEL PACKET, one after the other, from fields.def. */
#pragma once

#include <faultline/fields.h> /* made by make: every match/x.h */

#include "abi.h"
#include "parsed.h"
#include "wire.h"

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

/* What fl_conditions_judge() says. */
#define FL_MEETS 1 /* the first packet does */
#define FL_MIXED 2 /* not all packets are like the first */

/* The same where @packet is an aggregate, which is judged as its first packet
 * is. @other is for the caller to have: a program's stack is small. */
static inline __attribute__((always_inline)) int
fl_conditions_judge(const struct fl_conditions *asked,
		    const struct fl_parsed *packet, __u64 number,
		    struct fl_parsed *other)
{
	int first = fl_conditions_hold(asked, packet, number), middle, last;

	if (packet->segments <= 1)
		return first ? FL_MEETS : 0;
	*other = *packet;
	fl_wire_middle(other);
	middle = fl_conditions_hold(asked, other, number);
	fl_wire_last(other);
	last = fl_conditions_hold(asked, other, number);
	return (first ? FL_MEETS : 0) |
	       (first == middle && first == last ? 0 : FL_MIXED);
}

#undef FL_TEST_FLOW
#undef FL_TEST_PACKET
