/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes the words of a line for tc from the front, and reads numbers as tc
 * does. Each reader_take_*() reads what follows @word, which only its messages
 * name. Returns 0, or an enum fl_exit and the reader's error; the value changes
 * only on 0.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <linux/types.h>

#include "base/error.h"

struct reader {
	int argc;
	char *const *argv; /* the remaining words */
	struct fl_error *error;
};

/* Takes the next word; there must be one. */
const char *reader_next(struct reader *in);

/* These are false when no word is left. */
bool reader_next_is(const struct reader *in, const char *word);
bool reader_next_is_any(const struct reader *in, const char *const words[],
			size_t count);
bool reader_next_is_number(const struct reader *in);
/* The same, or a word that begins with "-". */
bool reader_next_is_signed(const struct reader *in);
bool reader_next_abbreviates(const struct reader *in, const char *name);

/* tc's matches(), except that an empty word abbreviates nothing. */
bool reader_abbreviates(const char *word, const char *name);

/* FL_EXIT_USAGE: "@word needs @what". */
int reader_needs(struct reader *in, const char *word, const char *what);

/* Whether a @number became nothing that is more than 0: FL_EXIT_USAGE. */
int reader_check(struct reader *in, const char *word, const char *number,
		 __u64 value);

/* A percentage with or without its sign, as a fraction from 0 to 1. What
 * reader_fraction() would make 0 or all of, and is neither, is refused. */
int reader_take_share(struct reader *in, const char *word, double *share);

/* @share of FL_P_ONE, rounded as tc rounds it. */
__u32 reader_fraction(double share);

/* A percentage, as a fraction of FL_P_ONE. */
int reader_take_percent(struct reader *in, const char *word,
			__u32 *fraction_u32);

/* As many percentages as there are, at most @count. */
int reader_take_percents(struct reader *in, const char *word,
			 __u32 *fractions_u32, int count);

/* tc's get_time64(); a number without a unit is nanoseconds. */
int reader_take_time(struct reader *in, const char *word, __u64 *time_ns);

/* tc's get_u32() and get_s32() with base 0. */
int reader_take_integer(struct reader *in, const char *word, long long min,
			long long max, long long *value);

/* tc's get_size(), less than 2^32. @what for messages: "a number of bytes". */
int reader_take_size(struct reader *in, const char *word, const char *what,
		     __u32 *size);

struct reader_unit {
	const char *name; /* "" if the unit may be left out */
	double scale;
};

/*
 * The number in @word, in C's notations, times the scale of the unit after it.
 * False if it is no number, or not from 0 to less than 2^63.
 */
bool reader_parse(const char *word, const struct reader_unit units[],
		  size_t count, double *value);
