/* SPDX-License-Identifier: GPL-2.0-only */
/* Impairments in one line each, and a flow that goes through them. */
#pragma once

#include <faultline/decide.h>

/* A ratio as the fraction that rules have. */
#define P(ratio) ((__u32)((ratio)*FL_P_ONE + 0.5))

static inline struct fl_impair impair_burst(double loss, double length)
{
	struct fl_impair impair = { .kind = FL_IMPAIR_LOSS };

	impair.u.burst.loss_u32 = P(loss);
	impair.u.burst.burst_milli = (__u32)(length * 1000);
	fl_prepare(&impair);
	return impair;
}

static inline struct fl_impair impair_gemodel(double enter, double leave,
					      double bad, double good)
{
	return (struct fl_impair){
		.kind = FL_IMPAIR_LOSS_GEMODEL,
		.u.gemodel = { P(enter), P(leave), P(bad), P(good) },
	};
}

static inline struct fl_impair impair_four(double p13, double p31, double p32,
					   double p23, double p14)
{
	return (struct fl_impair){
		.kind = FL_IMPAIR_LOSS_STATE,
		.u.state = { P(p13), P(p31), P(p32), P(p23), P(p14) },
	};
}

static inline struct fl_impair impair_netem(double loss, double correlation)
{
	return (struct fl_impair){
		.kind = FL_IMPAIR_LOSS_NETEM,
		.u.netem = { P(loss), P(correlation) },
	};
}

static inline struct fl_impair impair_loss(double rate)
{
	return (struct fl_impair){
		.kind = FL_IMPAIR_LOSS,
		.u.loss.probability_u32 = P(rate),
	};
}

static inline struct fl_impair impair_duplicate(double rate)
{
	return (struct fl_impair){
		.kind = FL_IMPAIR_DUPLICATE,
		.u.duplicate.probability_u32 = P(rate),
	};
}

static inline struct fl_impair impair_corrupt(double rate)
{
	return (struct fl_impair){
		.kind = FL_IMPAIR_CORRUPT,
		.u.corrupt.probability_u32 = P(rate),
	};
}

static inline struct fl_impair impair_mark(double rate, __u32 drop)
{
	return (struct fl_impair){
		.kind = FL_IMPAIR_MARK_CE,
		.u.mark = { P(rate), drop },
	};
}

static inline struct fl_impair impair_plain(__u32 kind)
{
	return (struct fl_impair){ .kind = kind };
}

/* A flow that goes through one rule. */
struct flow {
	__u64 seed, packets;
	__u32 state[FL_CHAIN_WORDS];
};

static inline struct flow new_flow(const struct fl_impair *impair, __u64 seed)
{
	struct flow flow = { .seed = fl_mix64(seed) };

	if (impair->kind == FL_IMPAIR_LOSS_NETEM)
		fl_netem_seed(flow.seed, flow.state);
	return flow;
}
