/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Key -> classes: the sets of rules (ruleset.h) that let a packet through in
 * each dimension, and where in the order of matching they meet.
 */
#pragma once

#include "key.h"
#include "maps.h"

/* Enough to find one of as many entries as a ruleset can have. */
#define CLASS_STEPS 12

/* -1 when a < b, else 0, without a branch for the verifier to fork on. */
FL_INLINE __s64 class_below(__u64 a, __u64 b)
{
	return (__s64)((~a & b) | ((~a | b) & (a - b))) >> 63;
}

/* Index of the last interval of the entry that starts at or below @value. */
FL_INLINE __u32 class_at(const struct fl_intervals *entry, __u32 value)
{
	__u32 at = 0;

	for (__u32 step = FL_INTERVALS / 2; step; step >>= 1) {
		__u32 next;

		FL_FORGET(at);
		next = (at + step) & (FL_INTERVALS - 1);
		/* 32-bit values: the sign of the difference tells. */
		at += step & (__u32)(((__s64)entry->at[next].start -
				      (__s64)value - 1) >>
				     63);
	}
	FL_FORGET(at);
	return at & (FL_INTERVALS - 1);
}

FL_INLINE __u32 class_at6(const struct fl_intervals6 *entry, __u64 high,
			  __u64 low)
{
	__u32 at = 0;

	for (__u32 step = FL_INTERVALS6 / 2; step; step >>= 1) {
		__u64 start_high;
		__s64 above, equal;
		__u32 next;

		FL_FORGET(at);
		next = (at + step) & (FL_INTERVALS6 - 1);
		start_high = entry->at[next].start_high;
		above = class_below(high, start_high);
		equal = ~above & ~class_below(start_high, high);
		above |= equal & class_below(low, entry->at[next].start_low);
		at += step & (__u32)~above;
	}
	FL_FORGET(at);
	return at & (FL_INTERVALS6 - 1);
}

/*
 * The sets of the last interval of a stretch that starts at or below @value:
 * "all" in the lower half, "any" in the upper one.
 */
FL_GLOBAL __u32 class_search(__u32 first, __u32 count, __u32 step, __u32 value)
{
	const struct fl_intervals *entry;
	__u32 at = 0, found;

	FL_ROLLED
	for (__u32 i = 0; i < CLASS_STEPS && step; i++, step >>= 1) {
		if (at + step >= count)
			continue;
		entry = map_intervals(first + at + step);
		if (entry && entry->at[0].start <= value)
			at += step;
	}
	entry = map_intervals(first + at);
	if (!entry)
		return 0;
	found = class_at(entry, value);
	return entry->at[found].all | (__u32)entry->at[found].any << 16;
}

FL_GLOBAL __u32 class_search6(__u32 first, __u32 count, __u32 step, __u64 high,
			      __u64 low)
{
	const struct fl_intervals6 *entry;
	__u32 at = 0, found;

	FL_ROLLED
	for (__u32 i = 0; i < CLASS_STEPS && step; i++, step >>= 1) {
		if (at + step >= count)
			continue;
		entry = map_intervals6(first + at + step);
		if (entry && (entry->at[0].start_high < high ||
			      (entry->at[0].start_high == high &&
			       entry->at[0].start_low <= low)))
			at += step;
	}
	entry = map_intervals6(first + at);
	if (!entry)
		return 0;
	found = class_at6(entry, high, low);
	return entry->at[found].all | (__u32)entry->at[found].any << 16;
}

/*
 * Index of the lowest set bit of @bits, which is not 0: the ones below it,
 * counted. clang 14 crashes on __builtin_ctzll for BPF.
 */
FL_INLINE __u32 class_lowest(__u64 bits)
{
	__u64 below = (bits & -bits) - 1;

	below -= (below >> 1) & 0x5555555555555555ULL;
	below = (below & 0x3333333333333333ULL) +
		((below >> 2) & 0x3333333333333333ULL);
	below = (below + (below >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (__u32)((below * 0x0101010101010101ULL) >> 56) & 63;
}

enum class_dimension {
	CLASS_SRC,
	CLASS_DST,
	CLASS_SPORT,
	CLASS_DPORT,
	CLASS_PROTO,
	CLASS_VLAN,
	CLASS_DIMENSIONS,
	CLASS_EITHER = CLASS_PROTO, /* before it those with "any" */
};

/* Numbers of blocks, one for each set, four to a word. */
struct class_row {
	__u64 ends, rest, any;
};

/* A flow to be matched, and the sets that it has in each dimension. */
struct fl_classes {
	__u64 identity;
	__u16 half, side;
	__u16 all[CLASS_DIMENSIONS], any[CLASS_EITHER];
	struct class_row row; /* where class_block() has found something */
};

/* @value in host order. */
FL_INLINE __u32 class_value(const struct fl_stretch *stretch, __u32 value)
{
	return stretch->count ? class_search(stretch->first, stretch->count,
					     stretch->step, value) :
				0;
}

FL_INLINE __u32 class_address6(const struct fl_stretch *stretch, __u64 high,
			       __u64 low)
{
	return stretch->count ?
		       class_search6(stretch->first, stretch->count,
				     stretch->step, bpf_be64_to_cpu(high),
				     bpf_be64_to_cpu(low)) :
		       0;
}

FL_INLINE void class_put(struct fl_classes *out, enum class_dimension at,
			 __u32 sets)
{
	out->all[at] = (__u16)sets;
	if (at < CLASS_EITHER)
		out->any[at] = (__u16)(sets >> 16);
}

FL_INLINE void class_ports(struct fl_classes *out,
			   const struct fl_stretch *ports,
			   const struct fl_parsed *packet, __u32 turned)
{
	__u32 none = FL_PORT_NONE;
	int has = packet->flags & FL_PARSED_PORTS;

	class_put(out, CLASS_SPORT,
		  class_value(&ports[turned],
			      has ? bpf_ntohs(packet->sport_be) : none));
	class_put(out, CLASS_DPORT,
		  class_value(&ports[turned ^ 1],
			      has ? bpf_ntohs(packet->dport_be) : none));
}

/*
 * Classes of @packet, or where @turned of the packets that answer it. The
 * caller has set identity, half and side. Returns 0 when no rule at all is in
 * force on that side.
 */
FL_GLOBAL int class_find(struct fl_classes *out, const struct fl_parsed *packet,
			 __u32 turned)
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

		class_put(out, CLASS_SRC,
			  class_address6(&v6[turned], packet->src_high,
					 packet->src_low));
		class_put(out, CLASS_DST,
			  class_address6(&v6[turned ^ 1], packet->dst_high,
					 packet->dst_low));
	} else {
		const struct fl_stretch *v4 = rules->v4[side];

		class_put(out, CLASS_SRC,
			  class_value(&v4[turned],
				      bpf_ntohl((__u32)packet->src_low)));
		class_put(out, CLASS_DST,
			  class_value(&v4[turned ^ 1],
				      bpf_ntohl((__u32)packet->dst_low)));
	}
	class_ports(out, rules->ports[side], packet, turned);
	class_put(out, CLASS_PROTO, class_value(&rules->proto, packet->proto));
	class_put(out, CLASS_VLAN,
		  class_value(&rules->vlan, packet->vlan < FL_VLAN_NONE ?
						    packet->vlan :
						    FL_VLAN_NONE));
	return 1;
}

/* ---- from sets to rules ------------------------------------------------- */

/* Word @at of a vector that is kept. */
FL_INLINE __u64 class_vector(const struct fl_ruleset *rules, __u32 vector,
			     __u32 at)
{
	const __u64 *word = map_vector(rules->first_vector +
				       vector * rules->vector_words + at);

	return word ? *word : FL_OPAQUE(0ULL);
}

/* The blocks in which @vector has rules. */
FL_INLINE __u64 class_mask(const struct fl_ruleset *rules, __u32 vector)
{
	return vector == FL_VECTOR_EVERY ? FL_OPAQUE(~0ULL) :
					   class_vector(rules, vector, 0);
}

/* Those in which a rule may be in all sets. */
FL_INLINE __u64 class_masks(const struct fl_ruleset *rules,
			    const struct fl_classes *classes)
{
	__u64 mask = class_mask(rules, rules->valid[classes->side & 1]);

	FL_ROLLED
	for (__u32 i = 0; i < CLASS_DIMENSIONS; i++)
		mask &= class_mask(rules, classes->all[i]);
	FL_ROLLED
	for (__u32 i = 0; i < CLASS_EITHER; i += FL_ENDS)
		mask &= class_mask(rules, classes->any[i]) |
			class_mask(rules, classes->any[i + 1]);
	return mask;
}

#define CLASS_NOWHERE 0xffffffffu
#define CLASS_FULL 0xffffULL /* block of a set that has every rule */

/* The @block-th block of @vector. */
FL_INLINE __u64 class_block_of(const struct fl_ruleset *rules, __u32 vector,
			       __u32 block)
{
	if (vector == FL_VECTOR_EVERY)
		return CLASS_FULL;
	return class_vector(rules, vector, 1 + block / 4) >> 16 * (block & 3) &
	       0xffff;
}

FL_INLINE __u64 class_blocks_of(const struct fl_ruleset *rules,
				const __u16 *numbers, __u32 count, __u32 block)
{
	__u64 row = 0;

	FL_ROLLED
	for (__u32 i = 0; i < count; i++)
		row = row << 16 | class_block_of(rules, numbers[i], block);
	return row;
}

FL_INLINE void class_fill(const struct fl_ruleset *rules,
			  struct fl_classes *classes, __u32 block)
{
	struct class_row *row = &classes->row;
	__u64 valid = class_block_of(rules, rules->valid[classes->side & 1],
				     block);

	row->ends = class_blocks_of(rules, classes->all, CLASS_EITHER, block);
	row->any = class_blocks_of(rules, classes->any, CLASS_EITHER, block);
	row->rest = class_blocks_of(rules, &classes->all[CLASS_PROTO], 2, block)
			    << 16 |
		    valid;
}

/* The first block, from @block on, in which the flow may match a rule, and its
 * row; or CLASS_NOWHERE. */
FL_GLOBAL __u32 class_block(struct fl_classes *classes, __u32 block)
{
	const struct fl_ruleset *rules;
	__u64 mask;

	if (!classes || block >= 64)
		return CLASS_NOWHERE;
	rules = map_ruleset(classes->half & 1);
	if (!rules)
		return CLASS_NOWHERE;
	mask = class_masks(rules, classes) & (~0ULL << (block & 63));
	if (!mask)
		return CLASS_NOWHERE;
	block = class_lowest(mask);
	class_fill(rules, classes, block);
	return block;
}

FL_INLINE __u64 class_bits(__u32 first, __u64 number, __u32 word)
{
	const struct fl_block *block;

	number &= 0xffff;
	if (number == CLASS_FULL)
		return FL_OPAQUE(~0ULL);
	block = map_block(first + (__u32)number);
	return block ? block->words[word] : FL_OPAQUE(0ULL);
}

/* Those of @bits that are in all of @count sets of @row. */
FL_INLINE __u64 class_every(__u64 bits, __u32 first, __u64 row, __u32 count,
			    __u32 word)
{
	FL_ROLLED
	for (__u32 i = 0; i < count && bits; i++, row >>= 16)
		bits &= class_bits(first, row, word);
	return bits;
}

/* Bit per position of the rules that match, in word @word of the block. Most
 * words are over with the first set or two. */
FL_GLOBAL __u64 class_word(const struct fl_classes *classes, __u32 word)
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
	bits = class_every(~0ULL, first, classes->row.rest, 3, word);
	bits = class_every(bits, first, classes->row.ends, CLASS_EITHER, word);
	if (!bits)
		return 0;
	bits &= class_bits(first, any, word) |
		class_bits(first, any >> 16, word);
	return bits & (class_bits(first, any >> 32, word) |
		       class_bits(first, any >> 48, word));
}

/* The first position at or after @from, in the block of the row, that the flow
 * matches; or CLASS_NOWHERE. */
FL_GLOBAL __u32 class_within(const struct fl_classes *classes, __u32 from)
{
	__u32 word = from / 64 % FL_BLOCK_WORDS;
	__u64 bits = 0;

	if (!classes)
		return CLASS_NOWHERE;
	FL_ROLLED
	for (__u32 i = 0; i < FL_BLOCK_WORDS; i++) {
		if (i < word)
			continue;
		bits = class_word(classes, i) >> (from & 63);
		if (bits)
			break;
		from = (from | 63) + 1;
	}
	return bits ? from + class_lowest(bits) : CLASS_NOWHERE;
}
