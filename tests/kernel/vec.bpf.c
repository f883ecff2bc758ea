/* SPDX-License-Identifier: GPL-2.0-only */
/* The decision, the match, the departure and the random numbers, as the
 * kernel's programs have them. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "vectors/vec.h"
#include "vectors/vec_depart.h"
#include "vectors/vec_match.h"

struct fl_table own_tables[FL_TABLES];

SEC("syscall")
int vec_run(struct vec *ctx)
{
	/* On the stack: a context takes only constant offsets. */
	struct vec vec = *ctx;

	vec_do(&vec);
	ctx->got = vec.got;
	return 0;
}

SEC("syscall")
int vec_run_depart(struct vec_depart *ctx)
{
	struct vec_depart vec = *ctx;

	vec_depart_do(&vec, own_tables);
	ctx->got = vec.got;
	return 0;
}

SEC("syscall")
int vec_run_match(struct vec_match *ctx)
{
	struct vec_match vec = *ctx;

	vec_match_do(&vec);
	ctx->got = vec.got;
	return 0;
}

char _license[] SEC("license") = "GPL";
