/* SPDX-License-Identifier: GPL-2.0-only */
/* Parsed packet + direction -> flow key and hash. */
#pragma once

#include <faultline/rng.h>

#include "parse.h"

struct fl_key {
	__u64 w0, tuple, v6[4]; /* as in struct fl_flow and fl_flow_more */
	__u64 hash;		/* place in the table */
};

FL_INLINE __u64 key_tuple(const struct fl_parsed *packet, __u32 side)
{
	__u32 flags = FL_TUPLE_VALID;
	__u64 ports = packet->ports;

	/* Read as one little-endian word, the source is the low half: remote's
	 * place, which is right for what comes in. */
	if (side == FL_OUT)
		ports = ports >> 16 | (ports & 0xffff) << 16;
	if (packet->flags & FL_PARSED_V6)
		flags |= FL_TUPLE_V6;
	if (fl_unlikely(packet->flags & FL_PARSED_FRAGMENT))
		flags |= FL_TUPLE_FRAGMENT;
	if (fl_unlikely(packet->vlan != FL_VLAN_NONE))
		flags |= FL_TUPLE_TAGGED | (packet->vlan & FL_TUPLE_VLAN);
	return ports << 32 | (__u32)packet->proto << 24 | flags;
}

/*
 * Two hashes of the flow, the same for both directions. The first is keyed by
 * the device's seed, so that nobody outside can aim at one set of the flow
 * table: two rounds of multiply-xorshift. The second is not, so that a rule's
 * seed alone says which packets it takes; fl_draw() does the mixing.
 */
FL_INLINE __u64 key_round6(__u64 hash, __u64 word, __u64 secret)
{
	hash = (hash ^ word) * secret;
	hash ^= hash >> 32;
	hash *= secret;
	return hash ^ hash >> 29;
}

/* The short way takes equal folds for equal addresses, so that nobody may be
 * able to make two of them. By a known multiplier somebody could, because the
 * top bit of a word goes through it alone. */
FL_INLINE __u64 key_fold6(const __u64 v6[4], __u64 seed, __u64 secret)
{
	__u64 hash = key_round6(seed, v6[0], secret);

	hash = key_round6(hash, v6[1], secret);
	hash = key_round6(hash, v6[2], secret);
	return key_round6(hash, v6[3], secret);
}

/* @tuple: without owner and epoch. */
FL_INLINE __u64 key_slot(__u64 w0, __u64 tuple, __u64 seed)
{
	__u64 hash = (w0 ^ seed) * 0x9fb21c651e98df25ULL;

	hash ^= hash >> 32;
	hash = (hash ^ tuple) * 0xd6e8feb86659fd93ULL;
	return hash ^ hash >> 32;
}

FL_INLINE __u64 key_identity6(const __u64 v6[4])
{
	__u64 identity = v6[0];

	identity += v6[1] * 0xff51afd7ed558ccdULL;
	identity ^= identity >> 32;
	identity += v6[2] * 0xc4ceb9fe1a85ec53ULL;
	identity ^= identity >> 29;
	return identity + v6[3];
}

/* @addresses: v6 folded to one word, v4 as they are. */
FL_INLINE __u64 key_identity_of(__u64 addresses, __u64 tuple)
{
	return addresses * 0x9fb21c651e98df25ULL ^ tuple;
}

/* What random draws take for the flow. */
FL_INLINE __u64 key_identity(const struct fl_key *key)
{
	__u64 addresses = key->w0;

	if (key->tuple & FL_TUPLE_V6)
		addresses = key_identity6(key->v6);
	return key_identity_of(addresses, key->tuple);
}

/* @secret: fl_secret() of @seed, which is too dear for each packet. */
FL_INLINE void key_make(const struct fl_parsed *packet, __u32 side, __u64 seed,
			__u64 secret, struct fl_key *key)
{
	key->tuple = key_tuple(packet, side);
	if (packet->flags & FL_PARSED_V6) {
		key->w0 = 0;
		key->v6[0] = side == FL_IN ? packet->src_low : packet->dst_low;
		key->v6[1] = side == FL_IN ? packet->src_high :
					     packet->dst_high;
		key->v6[2] = side == FL_IN ? packet->dst_high :
					     packet->src_high;
		key->v6[3] = side == FL_IN ? packet->dst_low : packet->src_low;
	} else {
		key->w0 = side == FL_IN ?
				  packet->dst_low << 32 | packet->src_low :
				  packet->src_low << 32 | packet->dst_low;
		/* The verifier of 6.1 does not see that nobody reads them. */
		key->v6[0] = key->v6[1] = key->v6[2] = key->v6[3] = 0;
	}
	/* The flag itself: the verifier of 6.1 takes the bit in the tuple for
	 * another fact, and v6[] for readable without it. */
	if (packet->flags & FL_PARSED_V6)
		key->w0 = key_fold6(key->v6, seed, secret);
	key->hash = key_slot(key->w0, key->tuple, seed);
}
