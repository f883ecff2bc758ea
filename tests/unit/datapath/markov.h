/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loss models as Markov chains, and what follows from the matrix: the rate,
 * its variance over a long time, and how long bursts and gaps are.
 */
#pragma once

#include <math.h>
#include <string.h>

#include <linux/types.h>

#include "stats.h"

#define MARKOV_STATES 4
#define MARKOV_RUN 20000 /* longer ones are counted together */

enum { MARKOV_PASS, MARKOV_LOSE, MARKOV_FATES };

/* p[fate][from][to]; rows of both fates together have the sum 1. */
struct markov {
	double p[MARKOV_FATES][MARKOV_STATES][MARKOV_STATES];
};

/* What a walk along the chain saw. */
struct markov_walk {
	__u64 moves[MARKOV_FATES][MARKOV_STATES][MARKOV_STATES];
	__u64 runs[MARKOV_FATES][MARKOV_STATES][MARKOV_RUN + 1];
	__u64 packets;
	/* the run that goes on: from which state, how long; 0: none yet */
	__u32 fate, from, length;
};

/* How far the walk is from the chain. */
struct markov_fit {
	double rate, moves, runs[MARKOV_FATES];
};

static inline double markov_to(const struct markov *m, int i, int j)
{
	return m->p[MARKOV_PASS][i][j] + m->p[MARKOV_LOSE][i][j];
}

static inline double markov_row(const struct markov *m, int fate, int i)
{
	double sum = 0;

	for (int j = 0; j < MARKOV_STATES; j++)
		sum += m->p[fate][i][j];
	return sum;
}

/* The share of time in each state, from 0 on; every other step stands still,
 * so that a chain with a period gets there too. */
static inline void markov_shares(const struct markov *m,
				 double share[MARKOV_STATES])
{
	double next[MARKOV_STATES], change = 1;

	memset(share, 0, sizeof(next));
	share[0] = 1;
	for (int step = 0; step < 2000000 && change > 1e-16; step++) {
		change = 0;
		for (int j = 0; j < MARKOV_STATES; j++) {
			next[j] = share[j] / 2;
			for (int i = 0; i < MARKOV_STATES; i++)
				next[j] += share[i] * markov_to(m, i, j) / 2;
			change += fabs(next[j] - share[j]);
		}
		memcpy(share, next, sizeof(next));
	}
}

static inline double markov_rate(const struct markov *m)
{
	double share[MARKOV_STATES], rate = 0;

	markov_shares(m, share);
	for (int i = 0; i < MARKOV_STATES; i++)
		rate += share[i] * markov_row(m, MARKOV_LOSE, i);
	return rate;
}

/* The variance of the losses among n packets, divided by n, for n to infinity:
 * that of one and twice the covariances with all that come after it. */
static inline double markov_variance(const struct markov *m)
{
	double share[MARKOV_STATES], after[MARKOV_STATES], next[MARKOV_STATES];
	double rate = markov_rate(m), sum = rate * (1 - rate), most = 1;

	markov_shares(m, share);
	for (int j = 0; j < MARKOV_STATES; j++)
		after[j] = markov_row(m, MARKOV_LOSE, j) - rate;
	for (int step = 0; step < 2000000 && most > 1e-15; step++) {
		most = 0;
		memset(next, 0, sizeof(next));
		for (int i = 0; i < MARKOV_STATES; i++) {
			for (int j = 0; j < MARKOV_STATES; j++) {
				sum += 2 * share[i] * after[j] *
				       m->p[MARKOV_LOSE][i][j];
				next[i] += markov_to(m, i, j) * after[j];
			}
			if (share[i] > 0)
				most = fmax(most, fabs(next[i]));
		}
		memcpy(after, next, sizeof(after));
	}
	return sum;
}

/* ---- walking ----------------------------------------- */

static inline void markov_step(struct markov_walk *walk, __u32 from, __u32 lost,
			       __u32 to)
{
	walk->moves[lost][from][to]++;
	walk->packets++;
	if (walk->length && walk->fate == lost) {
		walk->length++;
		return;
	}
	/* The first run has no known beginning. */
	if (walk->length && walk->from < MARKOV_STATES)
		walk->runs[walk->fate][walk->from][walk->length < MARKOV_RUN ?
							   walk->length :
							   MARKOV_RUN]++;
	walk->from = walk->length ? from : MARKOV_STATES;
	walk->fate = lost;
	walk->length = 1;
}

/* ---- comparing ----------------------------------------- */

/* Runs that begin in @from are independent of each other, and their lengths
 * follow from the matrix. */
static inline void markov_fit_runs(const struct markov *m,
				   const struct markov_walk *walk, int fate,
				   int from, struct chi *chi)
{
	double at[MARKOV_STATES], next[MARKOV_STATES], left = 1;
	double sum = markov_row(m, fate, from);
	__u64 count = 0;

	for (int length = 1; length <= MARKOV_RUN; length++)
		count += walk->runs[fate][from][length];
	if (!count)
		return;
	for (int j = 0; j < MARKOV_STATES; j++)
		at[j] = sum > 0 ? m->p[fate][from][j] / sum : 0;
	for (int length = 1; length < MARKOV_RUN; length++) {
		double stays = 0;

		for (int j = 0; j < MARKOV_STATES; j++) {
			next[j] = 0;
			for (int i = 0; i < MARKOV_STATES; i++)
				next[j] += at[i] * m->p[fate][i][j];
			stays += next[j];
		}
		/* All but 1e-17 of what there is may have been seen. */
		chi_add(chi, walk->runs[fate][from][length],
			(double)count * fmax(left - stays, 0));
		memcpy(at, next, sizeof(at));
		left = stays;
	}
	chi_add(chi, walk->runs[fate][from][MARKOV_RUN], (double)count * left);
	chi_end(chi);
}

static inline double markov_fit_moves(const struct markov *m,
				      const struct markov_walk *walk)
{
	struct chi chi = { 0 };

	for (int i = 0; i < MARKOV_STATES; i++) {
		__u64 visits = 0;

		for (int j = 0; j < 2 * MARKOV_STATES; j++)
			visits += walk->moves[j & 1][i][j / 2];
		for (int j = 0; j < 2 * MARKOV_STATES; j++)
			chi_add(&chi, walk->moves[j & 1][i][j / 2],
				(double)visits * m->p[j & 1][i][j / 2]);
		chi_end(&chi);
	}
	return stat_chi(&chi);
}

static inline void markov_compare(const struct markov *m,
				  const struct markov_walk *walk,
				  struct markov_fit *fit)
{
	double packets = (double)walk->packets;
	__u64 lost = 0;

	for (int i = 0; i < MARKOV_STATES; i++)
		for (int j = 0; j < MARKOV_STATES; j++)
			lost += walk->moves[MARKOV_LOSE][i][j];
	fit->rate = stat_sum((double)lost, packets * markov_rate(m),
			     packets * markov_variance(m));
	fit->moves = markov_fit_moves(m, walk);
	for (int fate = 0; fate < MARKOV_FATES; fate++) {
		struct chi chi = { 0 };

		for (int i = 0; i < MARKOV_STATES; i++)
			markov_fit_runs(m, walk, fate, i, &chi);
		fit->runs[fate] = stat_chi(&chi);
	}
}
