/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deviations measured in standard deviations. Seeds are fixed, so a check
 * holds always or never; STAT_LIMIT is for whoever changes a seed: with all
 * checks of a program together, one seed in 10^9 is refused by mistake.
 */
#pragma once

#include <math.h>
#include <stdbool.h>

#include <linux/types.h>

#include "lib/tap.h"

#define STAT_LIMIT 7.0
#define STAT_FALSE_ALARMS 1e-9

/* With the sanitizers the code is slow, and what is checked is the code: the
 * statistics are the other build's. */
#ifdef __SANITIZE_ADDRESS__
#define DRAWS 100000u
#define HAS_POWER false
#else
#define DRAWS 10000000u
#define HAS_POWER true
#endif

#define SEED 0x5eed0000u
#define FLOW 0x0123456789abcdefull
#define P(percent) ((__u32)((percent) / 100.0 * FL_P_ONE + 0.5))

static unsigned int stat_checks;

/* The deviation of a sum that should be @want with this variance. */
static inline double stat_sum(double got, double want, double variance)
{
	if (variance > 0)
		return (got - want) / sqrt(variance);
	return got == want ? 0 : HUGE_VAL;
}

static inline double stat_binomial(__u64 got, __u64 of, double p)
{
	return stat_sum((double)got, (double)of * p, (double)of * p * (1 - p));
}

/* ---- chi-square ----------------------------------------- */

/* Fewer than that expected, and a cell is put together with the next. */
#define CHI_EXPECTED 100

struct chi {
	double sum, got, want;	    /* of the cell that is not full */
	double last_got, last_want; /* of the one before */
	unsigned int cells, freedom;
	bool impossible; /* what cannot be was */
};

static inline double chi_cell(double got, double want)
{
	return want > 0 ? (got - want) * (got - want) / want : 0;
}

static inline void chi_add(struct chi *chi, __u64 got, double want)
{
	if (got && want <= 0)
		chi->impossible = true;
	if (chi->want >= CHI_EXPECTED) {
		chi->sum += chi_cell(chi->last_got, chi->last_want);
		chi->last_got = chi->got;
		chi->last_want = chi->want;
		chi->got = chi->want = 0;
		chi->cells++;
	}
	chi->got += (double)got;
	chi->want += want;
}

/* Ends a set of cells whose sum is given. */
static inline void chi_end(struct chi *chi)
{
	if (chi->want >= CHI_EXPECTED) {
		chi->sum += chi_cell(chi->got, chi->want);
		chi->cells++;
	} else {
		chi->last_got += chi->got;
		chi->last_want += chi->want;
	}
	chi->sum += chi_cell(chi->last_got, chi->last_want);
	if (chi->cells > 1)
		chi->freedom += chi->cells - 1;
	chi->cells = 0;
	chi->got = chi->want = chi->last_got = chi->last_want = 0;
}

/* Wilson and Hilferty 1931. */
static inline double stat_chi(const struct chi *chi)
{
	double part;

	if (chi->impossible)
		return HUGE_VAL;
	if (!chi->freedom)
		return 0;
	part = 2 / (9.0 * chi->freedom);
	return (cbrt(chi->sum / chi->freedom) - (1 - part)) / sqrt(part);
}

/* ---- checks ----------------------------------------- */

#define stat_ok(z, ...) stat_ok_at(__LINE__, z, __VA_ARGS__)
#define stat_ok_at(line, z, ...)                                          \
	do {                                                              \
		double stat_z = z;                                        \
		stat_checks++;                                            \
		if (!tap_ok_at(__FILE__, line, fabs(stat_z) < STAT_LIMIT, \
			       __VA_ARGS__))                              \
			tap_diag("%.1f standard deviations", stat_z);     \
	} while (0)

static inline void stat_done(void)
{
	tap_ok(stat_checks * erfc(STAT_LIMIT / sqrt(2)) < STAT_FALSE_ALARMS,
	       "%u checks give one false alarm in 10^9 seeds", stat_checks);
}
