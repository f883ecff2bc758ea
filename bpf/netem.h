/* SPDX-License-Identifier: GPL-2.0-only */
/* netem's generator, which all packets of a rule share. */
#pragma once

#include <faultline/decide.h>

#include "flow.h"

/* netem's generator while it speaks for 64 packets. */
struct netem {
	const union fl_params *params;
	__u64 bits;  /* of the packets: dropped or not */
	__u64 count; /* of the batch */
	__u32 state[FL_CHAIN_WORDS];
};

static long netem_step(__u32 i, struct netem *netem)
{
	struct fl_impair_in in = {};

	if (fl_impair_loss_netem(netem->params, &in, netem->state) ==
	    FL_REASON_DROPPED)
		netem->bits |= 1ull << (i & 63);
	return 0;
}

FL_INLINE void netem_load(struct fl_chain *chain, struct netem *netem)
{
	chain_lock(chain);
	netem->count = chain->batch_count;
	for (__u32 i = 0; i < FL_CHAIN_WORDS; i++)
		netem->state[i] = chain->state[i];
	chain_unlock(chain);
}

/* Another CPU may have done the same meanwhile. */
FL_INLINE void netem_store(struct fl_chain *chain, const struct netem *netem)
{
	chain_lock(chain);
	if (chain->batch_count == netem->count) {
		for (__u32 i = 0; i < FL_CHAIN_WORDS; i++)
			chain->state[i] = netem->state[i];
		chain->batches[netem->count & (FL_NETEM_BATCHES - 1)] =
			netem->bits;
		chain->batch_count = netem->count + 1;
	}
	chain_unlock(chain);
}

/*
 * Lets netem's generator speak for 64 packets more: a lock for each one would
 * cost more than all the rest.
 */
FL_GLOBAL int netem_refill(__u32 id)
{
	const struct fl_detail *detail = map_detail(id);
	struct fl_chain *chain = map_chain(id);
	struct netem netem = {};
	__u32 at;

	if (!chain || !detail)
		return 0;
	at = detail->kept_at;
	if (at >= FL_DECISIONS_MAX)
		return 0;
	/* Made here: before 6.10 a bound does not reach copies of at. */
	netem.params = &detail->impairs[at].u;
	FL_FORGET(netem.params);
	netem_load(chain, &netem);
	fl_repeat(64, netem_step, &netem);
	netem_store(chain, &netem);
	return 0;
}

/* A CPU that falls 7 batches behind the others gets another packet's fate. */
FL_INLINE __u64 netem_fate(struct fl_chain *chain, __u32 id, __u64 packet)
{
	__u64 batch = packet / 64, bits;

	/* Twice where a packet before this one has not got there yet. */
	for (__u32 i = 0; i < 2; i++)
		if (fl_unlikely(*(volatile __u64 *)&chain->batch_count <=
				batch))
			netem_refill(id);
	bits = *(volatile __u64 *)&chain
			->batches[batch & (FL_NETEM_BATCHES - 1)];
	return bits >> (packet & 63) & 1 ? FL_REASON_DROPPED : FL_REASON_PASSED;
}
