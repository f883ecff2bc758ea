/* SPDX-License-Identifier: GPL-2.0-only */
/* What the models come to, against the models themselves. */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "stats/chain.h"
#include "stats/expected.h"
#include "lib/impairs.h"
#include "lib/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct chain chain_for(const struct fl_impair *impair)
{
	struct fl_expect expect = expected_of(impair);

	return chain_of(&expect);
}

static bool loses(const struct fl_impair *impair, struct flow *flow)
{
	struct fl_impair_in in = {
		.draw = fl_draw(flow->seed, 0, flow->packets),
		.number = (__u32)flow->packets,
	};

	flow->packets++;
	return fl_decide(impair, &in, flow->state) != FL_REASON_PASSED;
}

#define BATCHES 2000
#define BATCH 2000

/* As struct chain says it, but seen. */
static struct chain observe(const struct fl_impair *impair)
{
	struct flow flow = new_flow(impair, 7);
	double sum = 0, squares = 0, rate;

	for (int i = 0; i < BATCHES; i++) {
		double lost = 0;

		for (int k = 0; k < BATCH; k++)
			lost += loses(impair, &flow);
		sum += lost;
		squares += lost * lost;
	}
	rate = sum / BATCHES / BATCH;
	return (struct chain){
		.rate = rate,
		.inflation = (squares - sum * sum / BATCHES) / (BATCHES - 1) /
			     BATCH / (rate * (1 - rate)),
	};
}

static void test_chains(void)
{
	const struct {
		const char *name;
		struct fl_impair impair;
	} cases[] = {
		{ "burst 5% 4", impair_burst(0.05, 4) },
		{ "burst 40% 1", impair_burst(0.4, 1) },
		{ "burst 1% 20", impair_burst(0.01, 20) },
		{ "gemodel simple", impair_gemodel(0.01, 0.2, 1, 0) },
		{ "gemodel full", impair_gemodel(0.05, 0.1, 0.7, 0.02) },
		{ "gemodel quick", impair_gemodel(0.9, 0.8, 0.6, 0.1) },
		{ "state of three", impair_four(0.02, 0.3, 0.2, 0.4, 0) },
		{ "state of four", impair_four(0.02, 0.3, 0.2, 0.4, 0.01) },
		{ "state of two", impair_four(0.1, 0.25, 0, 1, 0) },
		{ "netem 10% 25%", impair_netem(0.1, 0.25) },
		{ "netem 30% 50%", impair_netem(0.3, 0.5) },
		{ "netem 45% 90%", impair_netem(0.45, 0.9) },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct chain says = chain_for(&cases[i].impair);
		struct chain is = observe(&cases[i].impair);
		double sigma = sqrt(says.rate * (1 - says.rate) *
				    says.inflation / BATCHES / BATCH);

		if (!tap_ok(fabs(says.rate - is.rate) < 4 * sigma &&
				    fabs(says.inflation / is.inflation - 1) <
					    0.15,
			    "%s", cases[i].name))
			tap_diag("says %g, inflation %g; is %g, %g", says.rate,
				 says.inflation, is.rate, is.inflation);
	}
}

static bool near(double got, double want)
{
	return fabs(got - want) < 1e-8;
}

static void test_closed_forms(void)
{
	double q = 0.03 / 0.4;
	struct fl_impair impair = impair_four(0.03, 0.4, 0.1, 0.6, 0.01);

	tap_ok(near(chain_for(&impair).rate,
		    (q + 0.01) / (1 + 0.01 + q * (1 + 0.1 / 0.6))),
	       "four states: the rate of the formula");
	impair = impair_burst(0.123, 7.5);
	tap_ok(near(chain_for(&impair).rate, 0.123), "bursts keep the rate");
	impair = impair_gemodel(0.02, 0.3, 0.8, 0.01);
	tap_ok(near(chain_for(&impair).rate, (0.8 * 0.02 + 0.01 * 0.3) / 0.32),
	       "Gilbert-Elliott: the rate of the formula");
	impair = impair_gemodel(0.02, 0.98, 1, 0);
	tap_ok(near(chain_for(&impair).inflation, 1),
	       "without memory: as if independent");
}

/* Corners in which some states are never left, or never come to. */
static void test_corners(void)
{
	const struct {
		const char *name;
		struct fl_impair impair;
		double rate;
	} cases[] = {
		{ "gemodel 0%: never bad", impair_gemodel(0, 1, 1, 0), 0 },
		{ "gemodel that never moves", impair_gemodel(0, 0, 1, 0.25),
		  0.25 },
		{ "gemodel that stays bad", impair_gemodel(0.1, 0, 0.75, 0),
		  0.75 },
		{ "gemodel to and fro", impair_gemodel(1, 1, 1, 0), 0.5 },
		{ "burst 100%", impair_burst(1, 3), 1 },
		{ "burst 0%", impair_burst(0, 3), 0 },
		{ "burst 50% 1: to and fro", impair_burst(0.5, 1), 0.5 },
		{ "state 0%", impair_four(0, 1, 0, 1, 0), 0 },
		{ "state: single losses only", impair_four(0, 1, 0, 1, 1),
		  0.5 },
		{ "state: lost for good", impair_four(0.1, 0, 0, 1, 0), 1 },
		{ "state: passes for good", impair_four(0.1, 0, 0.5, 0, 0.2),
		  0 },
		{ "state: 2 is apart", impair_four(0.2, 0.2, 0, 0, 0), 0.5 },
		{ "state: to and fro", impair_four(1, 1, 0, 1, 0), 0.5 },
		{ "netem 0%", impair_netem(0, 0.25), 0 },
		{ "netem 100%", impair_netem(1, 0.25), 1 },
		{ "netem without correlation", impair_netem(0.2, 0), 0.2 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct chain chain = chain_for(&cases[i].impair);

		if (!tap_ok(near(chain.rate, cases[i].rate) &&
				    chain.inflation >= 0 &&
				    chain.inflation < 1000,
			    "%s", cases[i].name))
			tap_diag("got %g, inflation %g", chain.rate,
				 chain.inflation);
	}
}

/* Found by 2 * 10^8 draws of the kernel's code. */
static void test_netem(void)
{
	const struct {
		double loss, correlation, low, high;
	} cases[] = {
		{ 0.003, 0.25, 0, 1e-8 },
		{ 0.01, 0.25, 2.3e-6, 2.5e-6 },
		{ 0.05, 0.25, 0.00185, 0.00195 },
		{ 0.10, 0.25, 0.0174, 0.0176 },
		{ 0.30, 0.50, 0.1285, 0.1295 },
		{ 0.70, 0.50, 0.8705, 0.8715 },
		{ 0.50, 0.999, 0.499, 0.501 },
		{ 0.40, 0.999, 0, 1e-9 },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		double rate = chain_netem(P(cases[i].loss),
					  P(cases[i].correlation))
				      .rate;

		if (!tap_ok(rate >= cases[i].low && rate <= cases[i].high,
			    "netem %g%% %g%%", 100 * cases[i].loss,
			    100 * cases[i].correlation))
			tap_diag("got %g", rate);
	}
}

int main(void)
{
	test_chains();
	test_closed_forms();
	test_corners();
	test_netem();
	return tap_done();
}
