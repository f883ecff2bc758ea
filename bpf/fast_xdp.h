/* SPDX-License-Identifier: GPL-2.0-only */
/* The short way at XDP. */
#pragma once

#include "ctx_xdp.h"
#include "fast.h"

/* Whether the frame ends where its IP header says, or has been padded to the
 * least that Ethernet sends. */
FL_INLINE int fast_xdp_ends(struct xdp_md *ctx, __u32 *bytes)
{
	void *end = (void *)(long)ctx->data_end;
	void *data = (void *)(long)ctx->data;
	void *last;

	if (fl_unlikely(*bytes < ETH_ZLEN) && data + ETH_ZLEN <= end)
		*bytes = ETH_ZLEN;
	last = data + *bytes;
	return last <= end && last + 1 > end;
}

/* A function of its own: the short way has no room to spare. */
FL_GLOBAL int fast_xdp_hold(struct xdp_md *ctx)
{
	const struct fl_scratch *scratch = map_scratch();
	struct fl_work work;

	if (!scratch)
		return XDP_PASS;
	work = scratch->work;
	return xdp_hand_over(ctx, &work);
}

FL_INLINE int fast_xdp_end(struct xdp_md *ctx, int verdict)
{
	if (fl_likely(verdict == FAST_PASS))
		return XDP_PASS;
	return verdict == FAST_DROP ? XDP_DROP : fast_xdp_hold(ctx);
}

FL_INLINE int fast_xdp_run(struct xdp_md *ctx)
{
	struct fl_key key;
	__u32 bytes = fast_parse((void *)(long)ctx->data,
				 (void *)(long)ctx->data_end, FL_IN, &key);

	if (!bytes || !fast_xdp_ends(ctx, &bytes))
		return FAST_SLOW;
	return fast_run(&key, bytes, FL_IN);
}
