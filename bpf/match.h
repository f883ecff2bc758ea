/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key -> rules, by bit vectors over the compiled ruleset. Runs once per flow
 * and generation; flow.h remembers the outcome.
 */
#pragma once

#include <faultline/conditions.h>

#include "key.h"
#include "walk.h"

/* -1 when a < b, else 0, without a branch for the verifier to fork on. */
FL_INLINE __s64 match_below(__u64 a, __u64 b)
{
	return (__s64)((~a & b) | ((~a | b) & (a - b))) >> 63;
}

/* Index of the last interval that starts at or below @address (host order). */
FL_INLINE __u32 match_interval4(const struct fl_intervals4 *table,
				__u32 address)
{
	__u32 at = 0;

	for (__u32 step = FL_INTERVALS_MAX / 2; step; step >>= 1) {
		__u32 next;

		FL_FORGET(at);
		next = (at + step) & (FL_INTERVALS_MAX - 1);
		/* 32-bit values: the sign of the difference tells. */
		at += step & (__u32)(((__s64)table->start[next] -
				      (__s64)address - 1) >>
				     63);
	}
	FL_FORGET(at);
	return at & (FL_INTERVALS_MAX - 1);
}

FL_INLINE __u32 match_interval6(const struct fl_intervals6 *table, __u64 high,
				__u64 low)
{
	__u32 at = 0;

	for (__u32 step = FL_INTERVALS_MAX / 2; step; step >>= 1) {
		__u64 start_high;
		__s64 above, equal;
		__u32 next;

		FL_FORGET(at);
		next = (at + step) & (FL_INTERVALS_MAX - 1);
		start_high = table->start_high[next];
		above = match_below(high, start_high);
		equal = ~above & ~match_below(start_high, high);
		above |= equal & match_below(low, table->start_low[next]);
		at += step & (__u32)~above;
	}
	FL_FORGET(at);
	return at & (FL_INTERVALS_MAX - 1);
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

/* A flow to be matched, and the class it has in each dimension. */
struct fl_classes {
	__u64 identity;
	__u16 half, side;
	__u16 src, dst, sport, dport, proto, vlan;
};

FL_INLINE __u32 match_address4(const struct fl_intervals4 *table, __u64 address)
{
	return table
		->class_of[match_interval4(table, bpf_ntohl((__u32)address))];
}

FL_INLINE __u32 match_address6(const struct fl_intervals6 *table, __u64 high,
			       __u64 low)
{
	return table->class_of[match_interval6(table, bpf_be64_to_cpu(high),
					       bpf_be64_to_cpu(low))];
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
	__u32 side, src, dst, sport, dport;

	if (!packet || !out)
		return 0;
	side = out->side & 1;
	rules = map_ruleset(out->half & 1);
	if (!rules || !rules->has_rules[side])
		return 0;
	/* Computed, so that the verifier goes through the rest only once. */
	src = turned & 1;
	dst = src ^ 1;
	if (packet->flags & FL_PARSED_V6) {
		out->src = match_address6(&rules->v6[side][src],
					  packet->src_high, packet->src_low);
		out->dst = match_address6(&rules->v6[side][dst],
					  packet->dst_high, packet->dst_low);
	} else {
		out->src = match_address4(&rules->v4[side][src],
					  packet->src_low);
		out->dst = match_address4(&rules->v4[side][dst],
					  packet->dst_low);
	}
	sport = bpf_ntohs(packet->sport_be);
	dport = bpf_ntohs(packet->dport_be);
	if (packet->flags & FL_PARSED_PORTS) {
		out->sport = rules->port_class[side][src][sport];
		out->dport = rules->port_class[side][dst][dport];
	} else {
		out->sport = rules->port_none[side][src];
		out->dport = rules->port_none[side][dst];
	}
	out->proto = rules->proto_class[side][packet->proto];
	out->vlan =
		rules->vlan_class[side][packet->vlan < FL_VLANS ? packet->vlan :
								  FL_VLAN_NONE];
	return 1;
}

FL_INLINE const struct fl_class *match_class(const struct fl_ruleset *rules,
					     __u32 number)
{
	return &rules->classes[number & (FL_CLASSES_MAX - 1)];
}

/* Bit per position (64 * @word + bit) of the rules that match. */
FL_INLINE __u64 match_word(const struct fl_ruleset *rules,
			   const struct fl_classes *classes, __u32 word)
{
	const struct fl_class *src = match_class(rules, classes->src);
	const struct fl_class *dst = match_class(rules, classes->dst);
	const struct fl_class *sport = match_class(rules, classes->sport);
	const struct fl_class *dport = match_class(rules, classes->dport);

	return rules->valid[classes->side & 1][word] & src->all[word] &
	       dst->all[word] & (src->any[word] | dst->any[word]) &
	       sport->all[word] & dport->all[word] &
	       (sport->any[word] | dport->any[word]) &
	       match_class(rules, classes->proto)->all[word] &
	       match_class(rules, classes->vlan)->all[word];
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
	return !action->conditions.fields ||
	       fl_conditions_hold(&action->conditions, packet, number);
}

/* Whether the rule of @cand is in force for the flow, and, where @packet is
 * given, whether that packet meets its conditions. */
FL_GLOBAL int match_takes(__u32 cand, const struct fl_parsed *packet,
			  __u64 number, __u64 identity)
{
	const struct fl_action *action = map_action(cand & FL_ID_MASK);

	return action && !match_expired(action) &&
	       match_in_share(action, identity) &&
	       (!packet || match_conditions(action, packet, number));
}

/* The first position at or after @from that the flow matches. */
FL_GLOBAL __u32 match_next(const struct fl_classes *classes, __u32 from)
{
	const struct fl_ruleset *rules;
	__u64 bits, mask = ~0ULL << (from & 63);
	__u32 word = from >> 6;

	if (!classes)
		return FL_POSITIONS;
	rules = map_ruleset(classes->half & 1);
	if (!rules)
		return FL_POSITIONS;
	for (__u32 i = 0; i < FL_WORDS; i++, word++) {
		FL_FORGET(word);
		if (word >= FL_WORDS)
			break;
		bits = match_word(rules, classes, word) & mask;
		if (bits)
			return word * 64 + match_lowest(bits);
		mask = ~0ULL;
	}
	return FL_POSITIONS;
}

FL_INLINE __u32 match_cand(__u32 half, __u32 position)
{
	const struct fl_ruleset *rules = map_ruleset(half & 1);

	if (!rules || position >= FL_POSITIONS)
		return FL_CAND_NONE;
	return rules->cand_of[position];
}

/* The way through the rules that a flow matches. */
struct match_search {
	const struct fl_classes *classes;
	const struct fl_parsed *packet; /* to meet the conditions, or NULL */
	__u64 number;			/* of the packet */
	__u32 at;			/* position */
	__u32 found;			/* the same, or FL_POSITIONS */
};

/* Not 0 when the search is over. */
static long match_step(__u32 i, struct match_search *search)
{
	__u32 cand;

	(void)i;
	search->at = match_next(search->classes, search->at);
	if (search->at >= FL_POSITIONS)
		return 1;
	cand = match_cand(search->classes->half, search->at);
	if (match_takes(cand, search->packet, search->number,
			search->classes->identity)) {
		search->found = search->at;
		return 1;
	}
	search->at++;
	return 0;
}

/*
 * The first position at or after @from whose rule takes the flow, and the
 * packet where one is given; FL_POSITIONS when there is none.
 */
FL_GLOBAL __u32 match_find(const struct fl_classes *classes, __u32 from,
			   const struct fl_parsed *packet, __u64 number)
{
	struct match_search search = {
		.classes = classes,
		.packet = packet,
		.number = number,
		.at = from,
		.found = FL_POSITIONS,
	};

	if (classes)
		fl_repeat(FL_POSITIONS, match_step, &search);
	return search.found;
}

/*
 * Up to FL_CANDS candidates, 16 bits each, first rule in the low bits, closed
 * by FL_CAND_NONE, or by FL_CAND_MORE when not all fit. Stops at the first
 * rule that every packet of the flow matches.
 */
FL_INLINE __u64 match_candidates(const struct fl_classes *classes)
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
		action = map_action(cand & FL_ID_MASK);
		if (action && !action->conditions.fields)
			return found;
	}
	if (match_find(classes, from, 0, 0) < FL_POSITIONS)
		found = (found & ~(0xffffULL << 48)) | (__u64)FL_CAND_MORE
							       << 48;
	return found;
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

	if (packet && match_classes(&classes, packet, 0))
		cand = match_cand(classes.half,
				  match_find(&classes, 0, packet, number));
	walk_end();
	return cand;
}
