/* SPDX-License-Identifier: GPL-2.0-only */
/* One test vector, as the BPF program takes it, and what is done with it. */
#pragma once

#include <faultline/category.h>
#include <faultline/decide.h>
#include <faultline/rng.h>

enum vec_op {
	VEC_DECIDE, /* the impairment */
	VEC_DRAW,
	VEC_JOIN,
	VEC_PREPARE, /* on the host only */
	VEC_SEED,    /* on the host only */
	VEC_HOLD,    /* of another sort: see vec_depart.h */
};

struct vec_result {
	__u64 value;			 /* a fate, or a number */
	__u32 state[FL_CHAIN_WORDS + 1]; /* the last is for alignment */
};

struct vec {
	__u32 op; /* enum vec_op */
	__u32 pad;
	struct fl_impair impair;
	struct fl_impair_in in;
	__u32 state[FL_CHAIN_WORDS + 1]; /* before */
	__u64 number[3];		 /* operands of the other operations */
	struct vec_result want, got;
};

/* No fate and no state: what was decided depends on who was asked. */
#define VEC_DISAGREE (~0ull)

/* By the switch over all of them, and by the one for its own sort. */
static inline __attribute__((always_inline)) void vec_decide(struct vec *vec)
{
	__u32 kind = vec->impair.kind, state[FL_CHAIN_WORDS + 1];
	__u64 again;
	__u32 differ = 0;

	__builtin_memcpy(state, vec->state, sizeof(state));
	__builtin_memcpy(vec->got.state, vec->state, sizeof(state));
	again = fl_decide(&vec->impair, &vec->in, vec->got.state);
	vec->got.value = again;
	if (fl_is_plain(kind)) {
		again = fl_decide_plain(&vec->impair, &vec->in);
	} else if (fl_state_of(kind) == FL_STATE_CHAIN) {
		again = fl_decide_chain(&vec->impair, &vec->in, state);
		for (int i = 0; i < FL_CHAIN_WORDS; i++)
			differ |= state[i] ^ vec->got.state[i];
	}
	if (again != vec->got.value || differ)
		vec->got.value = VEC_DISAGREE;
}

static inline __attribute__((always_inline)) void vec_do(struct vec *vec)
{
	if (vec->op == VEC_DECIDE)
		vec_decide(vec);
	else if (vec->op == VEC_DRAW)
		vec->got.value = fl_draw(vec->number[0], vec->number[1],
					 vec->number[2]);
	else if (vec->op == VEC_JOIN)
		vec->got.value = fl_fate_join(vec->number[0], vec->number[1]);
}
