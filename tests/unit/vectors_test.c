/* SPDX-License-Identifier: GPL-2.0-only */
/* The vectors, by the functions as compiled for the host. */
#include <faultline/decide.h>
#include <faultline/rng.h>

#include "../vectors/vec_read.h"

static bool run_host(struct vec *vec)
{
	struct fl_impair_in in = { .draw = vec->draw,
				   .number = (__u32)vec->number };

	if (vec->impair.kind == FL_IMPAIR_NONE)
		vec->got = fl_draw(vec->seed, vec->hash, vec->number);
	else
		vec->got = fl_decide(&vec->impair, &in);
	return true;
}

/* What the grammar refuses must still not crash or loop in the datapath. */
static void odd_parameters(void)
{
	struct fl_impair_in in = { .draw = ~0ull, .number = 5 };
	struct fl_impair impair = { 0 };

	for (__u32 kind = 0; kind <= FL_IMPAIR_KINDS; kind++) {
		impair.kind = kind;
		tap_ok(fl_decide(&impair, &in) < FL_REASONS,
		       "kind %u with all parameters 0 has a reason", kind);
		tap_is_u64(fl_number_wrap(&impair), 0, "and no wrap");
	}
}

int main(void)
{
	vec_run("host", run_host, true);
	odd_parameters();
	return tap_done();
}
