/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netem's "correlation": x = u (1 - rho) + last rho, lost where x <= P. x is
 * not uniform, so the rate is not P. The law of x is computed instead of
 * drawn: exact to some 1e-6, and rare losses need no more time than others.
 */
#include "chain.h"

#include <math.h>
#include <stdbool.h>

#define CELLS 2048
#define STEPS_MAX 4000
#define SETTLED 1e-12
#define FORGOTTEN 1e-7
/* Above it the grid is too coarse: x is taken to be normal. */
#define RHO_MAX 0.99

/* P(x <= at), between whose points it is taken to be straight. */
struct law {
	double below[CELLS + 1];
	double area[CELLS + 1]; /* under it, from 0 on */
};

static void sum_up(struct law *law)
{
	law->area[0] = 0;
	for (int i = 0; i < CELLS; i++)
		law->area[i + 1] = law->area[i] +
				   (law->below[i] + law->below[i + 1]) / 2 /
					   CELLS;
}

static double area_to(const struct law *law, double at)
{
	double cell = at * CELLS, rest, rise;
	int i;

	if (at <= 0)
		return 0;
	if (at >= 1)
		return law->area[CELLS] + (at - 1) * law->below[CELLS];
	i = (int)cell;
	rest = cell - i;
	rise = law->below[i + 1] - law->below[i];
	return law->area[i] + (law->below[i] + rise * rest / 2) * rest / CELLS;
}

/* The same where @law ends at @end: nothing of it lies above. */
static double area_cut(const struct law *law, double at, double end,
		       double below_end)
{
	return at <= end ? area_to(law, at) :
			   area_to(law, end) + (at - end) * below_end;
}

/* P(u (1 - rho) + y rho <= at) for a y of @law, cut at @end. */
static double next_below(const struct law *law, double rho, double at,
			 double end, double below_end)
{
	return rho / (1 - rho) *
	       (area_cut(law, at / rho, end, below_end) -
		area_cut(law, (at - (1 - rho)) / rho, end, below_end));
}

static double step(struct law *law, double rho, double end, double below_end)
{
	struct law next;
	double change = 0;

	for (int i = 0; i <= CELLS; i++) {
		next.below[i] = next_below(law, rho, (double)i / CELLS, end,
					   below_end);
		change = fmax(change, fabs(next.below[i] - law->below[i]));
	}
	sum_up(&next);
	*law = next;
	return change;
}

/* Begins at the uniform law of the right mean and variance, which is near. */
static void settle(struct law *law, double rho)
{
	double width = sqrt((1 - rho) / (1 + rho));
	int steps = 0;

	for (int i = 0; i <= CELLS; i++) {
		double below = ((double)i / CELLS - 0.5) / width + 0.5;

		law->below[i] = fmin(fmax(below, 0), 1);
	}
	sum_up(law);
	while (step(law, rho, 1, 1) > SETTLED && steps < STEPS_MAX)
		steps++;
}

/*
 * By how much more often than the rate the packets after a lost one are lost,
 * summed up for as long as they remember it. Spoils @law.
 */
static double sum_excess(struct law *law, double rho, double lost_to,
			 double rate)
{
	double excess = 0, more, end = lost_to;
	int steps = 0;

	do {
		more = next_below(law, rho, lost_to, end, rate) / rate - rate;
		excess += more;
		step(law, rho, end, rate);
		end = 1;
	} while (more > FORGOTTEN && ++steps < STEPS_MAX);
	return excess;
}

static struct chain compute(double lost_to, double rho)
{
	struct chain chain = { .rate = lost_to, .inflation = 1 };
	struct law law;

	if (rho <= 0 || lost_to <= 0 || lost_to >= 1)
		return chain;
	chain.inflation = 0;
	/* The first number of all, which is uniform, decides for ever. */
	if (rho >= 1)
		return chain;
	if (rho > RHO_MAX) {
		double sigma = sqrt((1 - rho) / (1 + rho) / 12);

		chain.rate = erfc((0.5 - lost_to) / sigma / sqrt(2)) / 2;
		return chain;
	}
	settle(&law, rho);
	chain.rate = next_below(&law, rho, lost_to, 1, 1);
	chain.rate = fmin(fmax(chain.rate, 0), 1);
	chain.inflation = 1;
	if (chain.rate > 0 && chain.rate < 1)
		chain.inflation += 2 *
				   sum_excess(&law, rho, lost_to, chain.rate) /
				   (1 - chain.rate);
	return chain;
}

struct chain chain_netem(__u32 probability_u32, __u32 correlation_u32)
{
	static struct known {
		__u32 probability_u32, correlation_u32;
		struct chain chain;
		bool valid;
	} cache[64];
	__u32 hash = (probability_u32 ^ correlation_u32 * 31) * 0x9e3779b1u;
	struct known *known = &cache[hash >> 26];

	if (!known->valid || known->probability_u32 != probability_u32 ||
	    known->correlation_u32 != correlation_u32)
		*known = (struct known){
			.probability_u32 = probability_u32,
			.correlation_u32 = correlation_u32,
			.chain = compute(probability_u32 / (double)FL_P_ONE,
					 correlation_u32 / (double)FL_P_ONE),
			.valid = true,
		};
	return known->chain;
}
