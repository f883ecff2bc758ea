/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Classes -> rules. Runs once per flow and generation; flow.h remembers the
 * outcome.
 */
#pragma once

#include <faultline/conditions.h>

#include "classes.h"
#include "walk.h"

FL_INLINE int match_expired(const struct fl_action *action)
{
	__u64 expiry_ns = *(volatile const __u64 *)&action->expiry_ns;

	return expiry_ns != FL_NEVER && clock_boot_ns() >= expiry_ns;
}

FL_INLINE int match_in_share(const struct fl_action *action, __u64 identity)
{
	return !(action->flags & FL_ACT_SHARE) ||
	       fl_chance(action->share_u32,
			 (__u32)(fl_mix64(identity ^ action->seed) >> 32));
}

/* Out of line, for the sake of packets that are no aggregates. */
FL_GLOBAL int match_aggregate(__u32 id, const struct fl_parsed *packet,
			      __u64 number)
{
	const struct fl_detail *detail = map_detail(id);
	struct fl_turn *turn = map_turn();

	return detail && packet && turn ?
		       fl_conditions_judge(&detail->conditions, packet, number,
					   &turn->other) :
		       0;
}

/* Packet-level conditions: FL_MEETS, FL_MIXED; @number counts the flow's
 * packets from 0. */
FL_INLINE int match_conditions(const struct fl_action *action,
			       const struct fl_parsed *packet, __u64 number)
{
	const struct fl_detail *detail;

	if (!(action->flags & FL_ACT_CONDITIONS))
		return FL_MEETS;
	if (fl_unlikely(packet->segments > 1))
		return match_aggregate(action->id, packet, number);
	detail = map_detail(action->id);
	return detail && fl_conditions_hold(&detail->conditions, packet,
					    number) ?
		       FL_MEETS :
		       0;
}

/* Not all packets of an aggregate were like the first for the rule of @cand. */
FL_GLOBAL int match_count_mixed(__u32 cand, __u32 side)
{
	const struct fl_action *action = map_action(cand & FL_HANDLE_MASK);
	struct fl_counters *counters;

	if (!action)
		return 0;
	counters = map_counters(action->id, side & 1);
	if (counters)
		counters->mixed++;
	return 0;
}

/* Whether the rule of @cand is in force for the flow, and, where @packet is
 * given, what match_conditions() says of it. */
FL_GLOBAL int match_takes(__u32 cand, const struct fl_parsed *packet,
			  __u64 number, __u64 identity)
{
	const struct fl_action *action = map_action(cand & FL_HANDLE_MASK);

	if (!action || match_expired(action) ||
	    !match_in_share(action, identity))
		return 0;
	return packet ? match_conditions(action, packet, number) : FL_MEETS;
}

FL_INLINE __u32 match_cand(__u32 half, __u32 position)
{
	const struct fl_ruleset *rules = map_ruleset(half & 1);
	const struct fl_position *entry;

	if (!rules || position >= rules->position_count)
		return FL_CAND_NONE;
	entry = map_position(rules->first_position + position);
	return entry ? entry->cand : FL_CAND_NONE;
}

/* The way through the rules that a flow matches. */
struct match_search {
	struct fl_classes *classes;
	const struct fl_parsed *packet; /* to meet the conditions, or NULL */
	__u64 number;			/* of the packet */
	__u32 at;			/* position */
	__u32 found;			/* the same, or CLASS_NOWHERE */
};

/* As many as a search takes at most: by rules, and by blocks without one. */
#define MATCH_TURNS (FL_GUARDS_MAX + FL_RULES_MAX + 64)

/* Not 0 when the search is over. */
static long match_step(__u32 i, struct match_search *search)
{
	struct fl_classes *classes = search->classes;
	__u32 at, cand,
		block = class_block(classes, search->at / FL_BLOCK_BITS);
	int verdict;

	(void)i;
	if (block == CLASS_NOWHERE)
		return 1;
	if (search->at < block * FL_BLOCK_BITS)
		search->at = block * FL_BLOCK_BITS;
	at = class_within(classes, search->at);
	if (at == CLASS_NOWHERE) {
		search->at = (block + 1) * FL_BLOCK_BITS;
		return 0;
	}
	search->at = at + 1;
	cand = match_cand(classes->half, at);
	verdict = match_takes(cand, search->packet, search->number,
			      classes->identity);
	if (fl_unlikely(verdict & FL_MIXED))
		match_count_mixed(cand, classes->side);
	if (!(verdict & FL_MEETS))
		return 0;
	search->found = at;
	return 1;
}

/*
 * The first position at or after @from whose rule takes the flow, and the
 * packet where one is given; CLASS_NOWHERE when there is none.
 */
FL_GLOBAL __u32 match_find(struct fl_classes *classes, __u32 from,
			   const struct fl_parsed *packet, __u64 number)
{
	struct match_search search = {
		.classes = classes,
		.packet = packet,
		.number = number,
		.at = from,
		.found = CLASS_NOWHERE,
	};

	if (classes)
		fl_repeat(MATCH_TURNS, match_step, &search);
	return search.found;
}

/*
 * Up to FL_CANDS candidates, 16 bits each, first rule in the low bits, closed
 * by FL_CAND_NONE, or by FL_CAND_MORE when not all fit. Stops at the first
 * rule that every packet of the flow matches.
 */
FL_INLINE __u64 match_candidates(struct fl_classes *classes)
{
	__u64 found = ~0ULL;
	__u32 from = 0;

	for (__u32 i = 0; i < FL_CANDS; i++) {
		const struct fl_action *action;
		__u64 cand;

		from = match_find(classes, from, 0, 0);
		cand = match_cand(classes->half, from++);
		if (cand == FL_CAND_NONE)
			return found;
		found ^= (cand ^ 0xffff) << (16 * i);
		action = map_action(cand & FL_HANDLE_MASK);
		if (action && !(action->flags & FL_ACT_CONDITIONS))
			return found;
	}
	if (match_find(classes, from, 0, 0) != CLASS_NOWHERE)
		found = (found & ~(0xffffULL << 48)) | (__u64)FL_CAND_MORE
							       << 48;
	return found;
}

/* All that the flow of @packet may be decided by; where @turned, packets that
 * answer it: see match_candidates(). */
FL_GLOBAL __u64 match_flow(__u32 half_side, const struct fl_parsed *packet,
			   __u32 turned, __u64 identity)
{
	struct fl_classes classes = {
		.identity = identity,
		.half = half_side >> 1,
		.side = half_side & 1,
	};

	if (!packet || !class_find(&classes, packet, turned))
		return ~0ULL;
	return match_candidates(&classes);
}

/*
 * The first rule that this very packet matches, as a candidate, or
 * FL_CAND_NONE: the long way, for flows with more candidates than fit.
 */
FL_GLOBAL __u32 match_packet(__u32 side, const struct fl_parsed *packet,
			     __u64 number, __u64 identity)
{
	struct fl_classes classes = {
		.identity = identity,
		.half = walk_begin() & 1,
		.side = side & 1,
	};
	__u32 cand = FL_CAND_NONE;

	if (packet && class_find(&classes, packet, 0))
		cand = match_cand(classes.half,
				  match_find(&classes, 0, packet, number));
	walk_end();
	return cand;
}
