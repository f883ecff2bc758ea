/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one impairment of a rule, by itself, comes to in the long run: for the
 * host, which compares it with the counters. user/stats/expected.c puts a
 * rule's together.
 */
#pragma once

#include "../abi.h"

/* How it chooses the packets to which it does something. */
enum fl_law {
	FL_LAW_NONE,   /* they have no share that could be named */
	FL_LAW_FIXED,  /* nothing is left to chance */
	FL_LAW_CHANCE, /* independent of one another */
	FL_LAW_CHAIN,  /* by a Markov chain */
	FL_LAW_NETEM,  /* by netem's correlated numbers */
};

/* With the probability move[a][b] state a is followed by b; that of staying is
 * what is left. Packets are dropped with the probability of their state. */
#define FL_MARKOV_STATES 4
struct fl_markov {
	int states; /* 2 or 4 */
	double move[FL_MARKOV_STATES][FL_MARKOV_STATES];
	double drop[FL_MARKOV_STATES];
};

struct fl_expect {
	enum fl_law law;
	enum fl_effect effect; /* FL_EFFECTS: it drops the packets */
	/* Share of the packets, as the words have it; negative: no other than
	 * the chain comes to. */
	double rate;
	struct fl_markov chain;			/* FL_LAW_CHAIN */
	__u32 probability_u32, correlation_u32; /* FL_LAW_NETEM */
	/*
	 * For an effect that does not choose independently: the variance of
	 * its share over that of independent choices, as in
	 * user/stats/chain.h.
	 */
	double inflation;
	int tells;	    /* each packet's sender, so that no copy goes on */
	int may_tell;	    /* the same, but where it must not */
	int drops_others;   /* what it did not do the effect to */
	int marks;	    /* a queue that marks packets */
	int counts;	    /* a queue that is full by number */
	int begins_passing; /* the chain, in each flow */
};

/*
 * Defines fl_expect_NAME(params), which returns a struct fl_expect. Beside
 * FL_IMPAIR(NAME).
 */
#define FL_EXPECT(name)                                  \
	static inline struct fl_expect fl_expect_##name( \
		const union fl_params *params __attribute__((unused)))

static inline double fl_ratio(__u32 value_u32)
{
	return (double)value_u32 / FL_P_ONE;
}

/* Drops @rate of the packets. */
static inline struct fl_expect fl_expect_drops(enum fl_law law, double rate)
{
	return (struct fl_expect){
		.law = law,
		.effect = FL_EFFECTS,
		.rate = rate,
	};
}

/* Does @effect to @rate of the packets. */
static inline struct fl_expect fl_expect_effect(enum fl_effect effect,
						enum fl_law law, double rate)
{
	return (struct fl_expect){
		.law = law,
		.effect = effect,
		.rate = rate,
		.inflation = 1,
	};
}

/* Holds packets: how many, the rule's other impairments say. */
static inline struct fl_expect fl_expect_holds(void)
{
	return fl_expect_effect(FL_EFFECT_DELAYED, FL_LAW_NONE, 0);
}

/* From the first state to the second with @enter, and back with @leave. */
static inline struct fl_markov fl_two_states(double enter, double leave,
					     double good, double bad)
{
	return (struct fl_markov){
		.states = 2,
		.move = { { 0, enter }, { leave, 0 } },
		.drop = { good, bad },
	};
}
