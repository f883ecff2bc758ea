/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The distributions of jitter as the formulae say, not as any table does, and
 * how far a sample is from them: the Kolmogorov-Smirnov distance, the greatest
 * difference of the two distribution functions. Of N values it exceeds
 * 1.95 / sqrt(N) once in a thousand times by chance.
 */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum dist { DIST_UNIFORM, DIST_NORMAL, DIST_PARETO, DIST_PARETONORMAL, DISTS };

struct ideal {
	enum dist dist;
	double mean, sigma;
};

static inline bool dist_by_name(const char *name, enum dist *dist)
{
	static const char *const names[DISTS] = {
		"uniform",
		"normal",
		"pareto",
		"paretonormal",
	};

	for (*dist = 0; *dist < DISTS; ++*dist)
		if (!strcmp(names[*dist], name))
			return true;
	return false;
}

static inline double dist_normal(double x)
{
	return 0.5 * erfc(-x / M_SQRT2);
}

/* As iproute2 makes its table: shape 3 from 1 on, 4/3 of what it is beyond its
 * mean, and at most what 16 bits hold. */
#define DIST_PARETO_MOST (32767.0 / 8192)

static inline double dist_pareto(double x)
{
	double value = x * 3 / 4 + 1.5;

	if (x >= DIST_PARETO_MOST)
		return 1;
	return value <= 1 ? 0 : 1 - pow(value, -3);
}

/* A quarter normal, the rest pareto, of the same probability. */
static inline double dist_paretonormal(double x)
{
	double low = -12, high = 12;

	for (int i = 0; i < 60; i++) {
		double z = (low + high) / 2;
		double above = dist_normal(-z);
		double tail = (pow(above, -1.0 / 3) - 1.5) * 4 / 3;

		if (tail > DIST_PARETO_MOST)
			tail = DIST_PARETO_MOST;
		if ((z + 3 * tail) / 4 < x)
			low = z;
		else
			high = z;
	}
	return dist_normal(low);
}

/* The share of values up to @x. */
static inline double dist_share(const struct ideal *ideal, double x)
{
	double scaled = (x - ideal->mean) / ideal->sigma;

	switch (ideal->dist) {
	case DIST_UNIFORM:
		return scaled <= -1 ? 0 : scaled >= 1 ? 1 : (scaled + 1) / 2;
	case DIST_NORMAL:
		return dist_normal(scaled);
	case DIST_PARETO:
		return dist_pareto(scaled);
	default:
		return dist_paretonormal(scaled);
	}
}

/* @value: ascending. */
static inline double dist_distance(const struct ideal *ideal,
				   const double *value, size_t count)
{
	double most = 0, n = (double)count;

	for (size_t i = 0; i < count; i++) {
		double share = dist_share(ideal, value[i]);

		most = fmax(most, fabs(share - (double)i / n));
		most = fmax(most, fabs((double)(i + 1) / n - share));
	}
	return most;
}

/* Both ascending. */
static inline double dist_between(const double *a, size_t a_count,
				  const double *b, size_t b_count)
{
	double most = 0;

	for (size_t i = 0, j = 0; i < a_count && j < b_count;) {
		double x = fmin(a[i], b[j]);

		while (i < a_count && a[i] <= x)
			i++;
		while (j < b_count && b[j] <= x)
			j++;
		most = fmax(most, fabs((double)i / (double)a_count -
				       (double)j / (double)b_count));
	}
	return most;
}
