/* SPDX-License-Identifier: GPL-2.0-only */
/* The decision and the random numbers, as the kernel's programs have them. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "../vectors/vec.h"

SEC("syscall")
int vec_run(struct vec *ctx)
{
	/* On the stack: a context takes only constant offsets. */
	struct vec vec = *ctx;

	vec_do(&vec);
	ctx->got = vec.got;
	return 0;
}

char _license[] SEC("license") = "GPL";
