/* SPDX-License-Identifier: GPL-2.0-only */
#include "chain.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static struct chain scattered(double rate, double variance)
{
	double independent = rate * (1 - rate);

	/* Nothing scatters where nothing or everything is lost. */
	return (struct chain){
		.rate = rate,
		.inflation = independent > 0 ? variance / independent : 1,
	};
}

/*
 * Two states, left with probability @enter and @leave, in which packets are
 * lost with probability @good and @bad: the correlation of the states falls by
 * 1 - enter - leave with each packet.
 */
static struct chain two_states(double enter, double leave, double good,
			       double bad)
{
	double moves = enter + leave, share, rate, between;

	if (moves <= 0) /* stays where it begins */
		return scattered(good, good * (1 - good));
	share = enter / moves;
	rate = share * bad + (1 - share) * good;
	between = (bad - good) * (bad - good) * share * (1 - share);
	return scattered(rate,
			 rate * (1 - rate) + 2 * between * (1 - moves) / moves);
}

#define FOUR FL_MARKOV_STATES

/* Solves four equations, right side last, by elimination. */
static void solve(double a[FOUR][FOUR + 1], double x[FOUR])
{
	for (int i = 0; i < FOUR; i++) {
		int pivot = i;

		for (int row = i + 1; row < FOUR; row++)
			if (fabs(a[row][i]) > fabs(a[pivot][i]))
				pivot = row;
		for (int k = 0; k <= FOUR; k++) {
			double swap = a[i][k];

			a[i][k] = a[pivot][k];
			a[pivot][k] = swap;
		}
		for (int row = i + 1; row < FOUR; row++) {
			double factor = a[row][i] / a[i][i];

			for (int k = i; k <= FOUR; k++)
				a[row][k] -= factor * a[i][k];
		}
	}
	for (int i = FOUR - 1; i >= 0; i--) {
		x[i] = a[i][FOUR];
		for (int k = i + 1; k < FOUR; k++)
			x[i] -= a[i][k] * x[k];
		x[i] /= a[i][i];
	}
}

/*
 * I - P + 1, all ones: with P the probabilities of going from state to state,
 * of which those of staying do not matter, and a single class of states that
 * are come back to, it has an inverse. The shares of the states are the row of
 * ones times it, and what a deviation from the rate sums up to from each state
 * on is it times the deviations (Kemeny, Snell 1960).
 */
static void deviation_matrix(const double move[FOUR][FOUR], bool transposed,
			     double a[FOUR][FOUR + 1])
{
	for (int from = 0; from < FOUR; from++) {
		double leave = 0;

		for (int to = 0; to < FOUR; to++)
			leave += to == from ? 0 : move[from][to];
		for (int to = 0; to < FOUR; to++) {
			double value = 1 +
				       (to == from ? leave : -move[from][to]);

			a[transposed ? to : from][transposed ? from : to] =
				value;
		}
	}
}

static struct chain four_states(const double move[FOUR][FOUR],
				const double lost[FOUR])
{
	double a[FOUR][FOUR + 1], share[FOUR], sum[FOUR];
	double rate = 0, variance = 0;

	deviation_matrix(move, true, a);
	for (int i = 0; i < FOUR; i++)
		a[i][FOUR] = 1;
	solve(a, share);
	for (int i = 0; i < FOUR; i++)
		rate += share[i] * lost[i];
	/* Rounding must not leave a rate that is not one. */
	rate = fmin(fmax(rate, 0), 1);
	deviation_matrix(move, false, a);
	for (int i = 0; i < FOUR; i++)
		a[i][FOUR] = lost[i] - rate;
	solve(a, sum);
	for (int i = 0; i < FOUR; i++)
		variance += share[i] * (lost[i] - rate) *
			    (2 * sum[i] - (lost[i] - rate));
	return scattered(rate, fmax(variance, 0));
}

static struct chain chain_markov(const struct fl_markov *markov)
{
	if (markov->states == FOUR)
		return four_states(markov->move, markov->drop);
	return two_states(markov->move[0][1], markov->move[1][0],
			  markov->drop[0], markov->drop[1]);
}

struct chain chain_of(const struct fl_expect *expect)
{
	if (expect->law == FL_LAW_CHAIN)
		return chain_markov(&expect->chain);
	if (expect->law == FL_LAW_NETEM)
		return chain_netem(expect->probability_u32,
				   expect->correlation_u32);
	return (struct chain){ .rate = expect->rate, .inflation = 1 };
}
