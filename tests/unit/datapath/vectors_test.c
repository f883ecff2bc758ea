/* SPDX-License-Identifier: GPL-2.0-only */
/* The vectors, by the functions as compiled for the host. */
#include "vectors/vec_read.h"

static bool run_host(struct vec *vec)
{
	if (vec->op == VEC_PREPARE) {
		fl_prepare(&vec->impair);
		vec->got.value = vec->impair.wrap_at;
		if (vec->impair.kind == FL_IMPAIR_LOSS_BURST) {
			const union fl_params *u = &vec->impair.u;
			__u32 *words = vec->got.state;

			words[0] = (__u32)(u->burst.enter_u64 >> 32);
			words[1] = (__u32)u->burst.enter_u64;
			words[2] = (__u32)(u->burst.leave_u64 >> 32);
			words[3] = (__u32)u->burst.leave_u64;
		}
	} else if (vec->op == VEC_SEED) {
		fl_netem_seed(vec->number[0], vec->got.state);
	} else {
		vec_do(vec);
	}
	return true;
}

/* What the grammar refuses must still not crash or loop in the datapath. */
static void odd_parameters(void)
{
	struct fl_impair_in in = { .draw = ~0ull, .number = 5 };

	for (__u32 kind = 0; kind <= FL_IMPAIR_KINDS; kind++) {
		struct fl_impair impair = { .kind = kind };
		__u32 state[FL_CHAIN_WORDS] = { 0 };

		tap_ok((fl_decide(&impair, &in, state) & FL_FATE_REASON) <
			       FL_REASONS,
		       "kind %u with all parameters 0 has a reason", kind);
		tap_is_u64(fl_number_wrap(&impair), 0, "and no wrap");
		fl_prepare(&impair);
		memset(&impair.u, 0xff, sizeof(impair.u));
		memset(state, 0xff, sizeof(state));
		tap_ok((fl_decide(&impair, &in, state) & FL_FATE_REASON) <
			       FL_REASONS,
		       "kind %u with all bits set has one", kind);
	}
}

static void categories(void)
{
	__u64 draws[FL_CATEGORIES];

	for (__u32 i = 0; i < FL_CATEGORIES; i++) {
		draws[i] = fl_category_draw(0x0123456789abcdefull, i);
		for (__u32 j = 0; j < i; j++)
			tap_ok(draws[i] != draws[j],
			       "draws of categories %u and %u differ", i, j);
	}
	tap_is_u64(draws[FL_CATEGORY_LOSS], 0x0123456789abcdefull,
		   "losses take the rule's draw as it is");
}

/* Who compiles a rule takes what decides to stand before what holds. */
static void order(void)
{
	__u32 decided = 0;

	for (__u32 kind = 1; kind < FL_IMPAIR_KINDS; kind++)
		if (!fl_is_timing(kind))
			decided = kind;
	for (__u32 kind = 1; kind < FL_IMPAIR_KINDS; kind++)
		if (fl_is_timing(kind))
			tap_ok(kind > decided, "kind %u comes last", kind);
}

int main(void)
{
	vec_run("host", run_host, VEC_SEED);
	odd_parameters();
	categories();
	order();
	return tap_done();
}
