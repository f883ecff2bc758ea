/* SPDX-License-Identifier: GPL-2.0-only */
/* The short way at XDP. */
#pragma once

#include "ctx_xdp.h"
#include "fast.h"

/* Whether the frame ends where its IP header says, or has been padded to the
 * least that Ethernet sends. */
FL_INLINE int fast_xdp_ends(struct xdp_md *ctx, struct fl_fast_key *key)
{
	void *end = (void *)(long)ctx->data_end;
	void *data = (void *)(long)ctx->data;
	void *last;

	if (fl_unlikely(key->bytes < ETH_ZLEN) && data + ETH_ZLEN <= end)
		key->bytes = ETH_ZLEN;
	last = data + key->bytes;
	return last <= end && last + 1 > end;
}

FL_INLINE int fast_xdp_run(struct xdp_md *ctx)
{
	struct fl_fast_key key;

	if (!fast_parse((void *)(long)ctx->data, (void *)(long)ctx->data_end,
			FL_IN, &key) ||
	    !fast_xdp_ends(ctx, &key))
		return FAST_SLOW;
	return fast_run(&key, FL_IN);
}
