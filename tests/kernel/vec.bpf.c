/* SPDX-License-Identifier: GPL-2.0-only */
/* The decision and the random numbers, as the kernel's programs have them. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include <faultline/decide.h>
#include <faultline/rng.h>

#include "../vectors/vec.h"

SEC("syscall")
int vec_run(struct vec *ctx)
{
	/* On the stack: a context takes only constant offsets. */
	struct fl_impair impair = ctx->impair;
	struct fl_impair_in in = {
		.draw = ctx->draw,
		.number = (__u32)ctx->number,
	};

	if (impair.kind == FL_IMPAIR_NONE)
		ctx->got = fl_draw(ctx->seed, ctx->hash, ctx->number);
	else
		ctx->got = fl_decide(&impair, &in);
	return 0;
}

char _license[] SEC("license") = "GPL";
