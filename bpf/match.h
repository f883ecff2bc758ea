/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key -> rules, by sets of the compiled ruleset (ruleset.h). Runs once per flow
 * and generation; flow.h remembers the outcome.
 */
#pragma once

#include <faultline/conditions.h>

#include "key.h"
#include "maps.h"

/* Enough to find one of as many intervals as a ruleset can have. */
#define MATCH_STEPS 18

/*
 * The sets of the last interval of a stretch that starts at or below @value:
 * "all" in the lower half, "any" in the upper one.
 */
FL_GLOBAL __u32 match_search(__u32 first, __u32 count, __u32 value)
{
	__u32 at = FL_OPAQUE(0);
	const struct fl_interval *found;

	FL_ROLLED
	for (__u32 bit = MATCH_STEPS; bit--;) {
		__u32 next = at + (1u << bit);
		const struct fl_interval *interval;

		if (next >= count)
			continue;
		interval = map_interval(first + next);
		if (interval && interval->start <= value)
			at = FL_OPAQUE(next);
	}
	found = map_interval(first + at);
	return found ? found->all | (__u32)found->any << 16 : 0;
}

FL_GLOBAL __u32 match_search6(__u32 first, __u32 count, __u64 high, __u64 low)
{
	__u32 at = FL_OPAQUE(0);
	const struct fl_interval6 *found;

	FL_ROLLED
	for (__u32 bit = MATCH_STEPS; bit--;) {
		__u32 next = at + (1u << bit);
		const struct fl_interval6 *interval;

		if (next >= count)
			continue;
		interval = map_interval6(first + next);
		if (interval && (interval->start_high < high ||
				 (interval->start_high == high &&
				  interval->start_low <= low)))
			at = FL_OPAQUE(next);
	}
	found = map_interval6(first + at);
	return found ? found->all | (__u32)found->any << 16 : 0;
}

/*
 * Index of the lowest set bit of @bits, which is not 0: the ones below it,
 * counted. clang 14 crashes on __builtin_ctzll for BPF.
 */
FL_INLINE __u32 match_lowest(__u64 bits)
{
	__u64 below = (bits & -bits) - 1;

	below -= (below >> 1) & 0x5555555555555555ULL;
	below = (below & 0x3333333333333333ULL) +
		((below >> 2) & 0x3333333333333333ULL);
	below = (below + (below >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (__u32)((below * 0x0101010101010101ULL) >> 56) & 63;
}

enum match_dimension {
	MATCH_SRC,
	MATCH_DST,
	MATCH_SPORT,
	MATCH_DPORT,
	MATCH_PROTO,
	MATCH_VLAN,
	MATCH_DIMENSIONS,
	MATCH_EITHER = MATCH_PROTO, /* before it those with "any" */
};

/* Numbers of blocks, one for each set, four to a word. */
struct match_row {
	__u64 ends, rest, any;
};

/* A flow to be matched, and the sets that it has in each dimension. */
struct fl_classes {
	__u64 identity;
	__u16 half, side;
	__u16 all[MATCH_DIMENSIONS], any[MATCH_EITHER];
	struct match_row row; /* where match_block() has found something */
};

/* @value in host order. */
FL_INLINE __u32 match_value(const struct fl_stretch *stretch, __u32 value)
{
	return stretch->count ?
		       match_search(stretch->first, stretch->count, value) :
		       0;
}

FL_INLINE __u32 match_address6(const struct fl_stretch *stretch, __u64 high,
			       __u64 low)
{
	return stretch->count ? match_search6(stretch->first, stretch->count,
					      bpf_be64_to_cpu(high),
					      bpf_be64_to_cpu(low)) :
				0;
}

FL_INLINE void match_put(struct fl_classes *out, enum match_dimension at,
			 __u32 sets)
{
	out->all[at] = (__u16)sets;
	if (at < MATCH_EITHER)
		out->any[at] = (__u16)(sets >> 16);
}

FL_INLINE void match_ports(struct fl_classes *out,
			   const struct fl_stretch *ports,
			   const struct fl_parsed *packet, __u32 turned)
{
	__u32 none = FL_PORT_NONE;
	int has = packet->flags & FL_PARSED_PORTS;

	match_put(out, MATCH_SPORT,
		  match_value(&ports[turned],
			      has ? bpf_ntohs(packet->sport_be) : none));
	match_put(out, MATCH_DPORT,
		  match_value(&ports[turned ^ 1],
			      has ? bpf_ntohs(packet->dport_be) : none));
}

/*
 * Classes of @packet, or where @turned of the packets that answer it. The
 * caller has set identity, half and side. Returns 0 when no rule at all is in
 * force on that side.
 */
FL_GLOBAL int match_classes(struct fl_classes *out,
			    const struct fl_parsed *packet, __u32 turned)
{
	const struct fl_ruleset *rules;
	__u32 side;

	if (!packet || !out)
		return 0;
	side = out->side & 1;
	rules = map_ruleset(out->half & 1);
	if (!rules || !rules->has_rules[side])
		return 0;
	/* Computed, so that the verifier goes through the rest only once. */
	turned &= 1;
	if (packet->flags & FL_PARSED_V6) {
		const struct fl_stretch *v6 = rules->v6[side];

		match_put(out, MATCH_SRC,
			  match_address6(&v6[turned], packet->src_high,
					 packet->src_low));
		match_put(out, MATCH_DST,
			  match_address6(&v6[turned ^ 1], packet->dst_high,
					 packet->dst_low));
	} else {
		const struct fl_stretch *v4 = rules->v4[side];

		match_put(out, MATCH_SRC,
			  match_value(&v4[turned],
				      bpf_ntohl((__u32)packet->src_low)));
		match_put(out, MATCH_DST,
			  match_value(&v4[turned ^ 1],
				      bpf_ntohl((__u32)packet->dst_low)));
	}
	match_ports(out, rules->ports[side], packet, turned);
	match_put(out, MATCH_PROTO, match_value(&rules->proto, packet->proto));
	match_put(out, MATCH_VLAN,
		  match_value(&rules->vlan, packet->vlan < FL_VLAN_NONE ?
						    packet->vlan :
						    FL_VLAN_NONE));
	return 1;
}

/* ---- from sets to rules ------------------------------------------------- */

/* Word @at of a vector that is kept. */
FL_INLINE __u64 match_vector(const struct fl_ruleset *rules, __u32 vector,
			     __u32 at)
{
	const __u64 *word = map_vector(rules->first_vector +
				       vector * rules->vector_words + at);

	return word ? *word : FL_OPAQUE(0ULL);
}

/* The blocks in which @vector has rules. */
FL_INLINE __u64 match_mask(const struct fl_ruleset *rules, __u32 vector)
{
	return vector == FL_VECTOR_EVERY ? FL_OPAQUE(~0ULL) :
					   match_vector(rules, vector, 0);
}

/* Those in which a rule may be in all sets. */
FL_INLINE __u64 match_masks(const struct fl_ruleset *rules,
			    const struct fl_classes *classes)
{
	__u64 mask = match_mask(rules, rules->valid[classes->side & 1]);

	FL_ROLLED
	for (__u32 i = 0; i < MATCH_DIMENSIONS; i++)
		mask &= match_mask(rules, classes->all[i]);
	FL_ROLLED
	for (__u32 i = 0; i < MATCH_EITHER; i += FL_ENDS)
		mask &= match_mask(rules, classes->any[i]) |
			match_mask(rules, classes->any[i + 1]);
	return mask;
}

#define MATCH_NOWHERE 0xffffffffu
#define MATCH_FULL 0xffffULL /* block of a set that has every rule */

/* The @block-th block of @vector. */
FL_INLINE __u64 match_block_of(const struct fl_ruleset *rules, __u32 vector,
			       __u32 block)
{
	if (vector == FL_VECTOR_EVERY)
		return MATCH_FULL;
	return match_vector(rules, vector, 1 + block / 4) >> 16 * (block & 3) &
	       0xffff;
}

FL_INLINE __u64 match_blocks_of(const struct fl_ruleset *rules,
				const __u16 *numbers, __u32 count, __u32 block)
{
	__u64 row = 0;

	FL_ROLLED
	for (__u32 i = 0; i < count; i++)
		row = row << 16 | match_block_of(rules, numbers[i], block);
	return row;
}

FL_INLINE void match_fill(const struct fl_ruleset *rules,
			  struct fl_classes *classes, __u32 block)
{
	struct match_row *row = &classes->row;
	__u64 valid = match_block_of(rules, rules->valid[classes->side & 1],
				     block);

	row->ends = match_blocks_of(rules, classes->all, MATCH_EITHER, block);
	row->any = match_blocks_of(rules, classes->any, MATCH_EITHER, block);
	row->rest = match_blocks_of(rules, &classes->all[MATCH_PROTO], 2, block)
			    << 16 |
		    valid;
}

/* The first block, from @block on, in which the flow may match a rule, and its
 * row; or MATCH_NOWHERE. */
FL_GLOBAL __u32 match_block(struct fl_classes *classes, __u32 block)
{
	const struct fl_ruleset *rules;
	__u64 mask;

	if (!classes || block >= 64)
		return MATCH_NOWHERE;
	rules = map_ruleset(classes->half & 1);
	if (!rules)
		return MATCH_NOWHERE;
	mask = match_masks(rules, classes) & (~0ULL << (block & 63));
	if (!mask)
		return MATCH_NOWHERE;
	block = match_lowest(mask);
	match_fill(rules, classes, block);
	return block;
}

FL_INLINE __u64 match_bits(__u32 first, __u64 number, __u32 word)
{
	const struct fl_block *block;

	number &= 0xffff;
	if (number == MATCH_FULL)
		return FL_OPAQUE(~0ULL);
	block = map_block(first + (__u32)number);
	return block ? block->words[word] : FL_OPAQUE(0ULL);
}

/* In all of @count sets of @row. */
FL_INLINE __u64 match_every(__u32 first, __u64 row, __u32 count, __u32 word)
{
	__u64 bits = ~0ULL;

	FL_ROLLED
	for (__u32 i = 0; i < count; i++, row >>= 16)
		bits &= match_bits(first, row, word);
	return bits;
}

/* Bit per position of the rules that match, in word @word of the block. */
FL_GLOBAL __u64 match_word(const struct fl_classes *classes, __u32 word)
{
	const struct fl_ruleset *rules;
	__u64 any, bits;
	__u32 first;

	if (!classes || word >= FL_BLOCK_WORDS)
		return 0;
	rules = map_ruleset(classes->half & 1);
	if (!rules)
		return 0;
	first = rules->first_block;
	any = classes->row.any;
	bits = match_bits(first, any, word) |
	       match_bits(first, any >> 16, word);
	bits &= match_bits(first, any >> 32, word) |
		match_bits(first, any >> 48, word);
	bits &= match_every(first, classes->row.rest, 3, word);
	return bits & match_every(first, classes->row.ends, MATCH_EITHER, word);
}

/* The first position at or after @from, in the block of the row, that the flow
 * matches; or MATCH_NOWHERE. */
FL_GLOBAL __u32 match_within(const struct fl_classes *classes, __u32 from)
{
	__u32 word = from / 64 % FL_BLOCK_WORDS;
	__u64 bits = 0;

	if (!classes)
		return MATCH_NOWHERE;
	FL_ROLLED
	for (__u32 i = 0; i < FL_BLOCK_WORDS; i++) {
		if (i < word)
			continue;
		bits = match_word(classes, i) >> (from & 63);
		if (bits)
			break;
		from = (from | 63) + 1;
	}
	return bits ? from + match_lowest(bits) : MATCH_NOWHERE;
}

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

/* Packet-level conditions; @number counts the flow's packets from 0. */
FL_INLINE int match_conditions(const struct fl_action *action,
			       const struct fl_parsed *packet, __u64 number)
{
	const struct fl_detail *detail;

	if (!(action->flags & FL_ACT_CONDITIONS))
		return 1;
	detail = map_detail(action->id);
	return detail &&
	       fl_conditions_hold(&detail->conditions, packet, number);
}

/* Whether the rule of @cand is in force for the flow, and, where @packet is
 * given, whether that packet meets its conditions. */
FL_GLOBAL int match_takes(__u32 cand, const struct fl_parsed *packet,
			  __u64 number, __u64 identity)
{
	const struct fl_action *action = map_action(cand & FL_HANDLE_MASK);

	return action && !match_expired(action) &&
	       match_in_share(action, identity) &&
	       (!packet || match_conditions(action, packet, number));
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
	__u32 found;			/* the same, or MATCH_NOWHERE */
};

/* As many as a search takes at most: by rules, and by blocks without one. */
#define MATCH_TURNS (FL_GUARDS_MAX + FL_RULES_MAX + 64)

/* Not 0 when the search is over. */
static long match_step(__u32 i, struct match_search *search)
{
	struct fl_classes *classes = search->classes;
	__u32 at, block = match_block(classes, search->at / FL_BLOCK_BITS);

	(void)i;
	if (block == MATCH_NOWHERE)
		return 1;
	if (search->at < block * FL_BLOCK_BITS)
		search->at = block * FL_BLOCK_BITS;
	at = match_within(classes, search->at);
	if (at == MATCH_NOWHERE) {
		search->at = (block + 1) * FL_BLOCK_BITS;
		return 0;
	}
	search->at = at + 1;
	if (!match_takes(match_cand(classes->half, at), search->packet,
			 search->number, classes->identity))
		return 0;
	search->found = at;
	return 1;
}

/*
 * The first position at or after @from whose rule takes the flow, and the
 * packet where one is given; MATCH_NOWHERE when there is none.
 */
FL_GLOBAL __u32 match_find(struct fl_classes *classes, __u32 from,
			   const struct fl_parsed *packet, __u64 number)
{
	struct match_search search = {
		.classes = classes,
		.packet = packet,
		.number = number,
		.at = from,
		.found = MATCH_NOWHERE,
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
	if (match_find(classes, from, 0, 0) != MATCH_NOWHERE)
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

	if (!packet || !match_classes(&classes, packet, turned))
		return ~0ULL;
	return match_candidates(&classes);
}

/*
 * The first rule that this very packet matches, as a candidate, or
 * FL_CAND_NONE: the long way, for flows with more candidates than fit.
 */
FL_GLOBAL __u32 match_packet(__u32 half_side, const struct fl_parsed *packet,
			     __u64 number, __u64 identity)
{
	struct fl_classes classes = {
		.identity = identity,
		.half = half_side >> 1,
		.side = half_side & 1,
	};

	if (!packet || !match_classes(&classes, packet, 0))
		return FL_CAND_NONE;
	return match_cand(classes.half,
			  match_find(&classes, 0, packet, number));
}
