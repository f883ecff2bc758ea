/* SPDX-License-Identifier: GPL-2.0-only */
#include "reader.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <faultline/abi.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- words ----------------------------------------- */

const char *reader_next(struct reader *in)
{
	in->argc--;
	return *in->argv++;
}

bool reader_next_is(const struct reader *in, const char *word)
{
	return in->argc && !strcmp(in->argv[0], word);
}

bool reader_next_is_any(const struct reader *in, const char *const words[],
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (reader_next_is(in, words[i]))
			return true;
	}
	return false;
}

bool reader_next_is_number(const struct reader *in)
{
	return in->argc && in->argv[0][0] >= '0' && in->argv[0][0] <= '9';
}

bool reader_next_is_signed(const struct reader *in)
{
	return reader_next_is_number(in) || (in->argc && *in->argv[0] == '-');
}

bool reader_next_abbreviates(const struct reader *in, const char *name)
{
	return in->argc && reader_abbreviates(in->argv[0], name);
}

bool reader_abbreviates(const char *word, const char *name)
{
	return *word && !strncmp(word, name, strlen(word));
}

int reader_needs(struct reader *in, const char *word, const char *what)
{
	return fl_fail(in->error, FL_EXIT_USAGE, "\"%.60s\" needs %s", word,
		       what);
}

/* ---- numbers ----------------------------------------- */

/* Computed in a double, as in tc: the kernel then gets the same number. */
__u32 reader_fraction(double share)
{
	return (__u32)rint(share * (double)FL_P_ONE);
}

/* Whether @number has a digit other than 0 in front of any exponent. What is
 * too small for a double is known by nothing else. */
static bool is_more_than_0(const char *number)
{
	bool is_hex;

	number += strspn(number, "+-");
	is_hex = !strncasecmp(number, "0x", 2);
	number += is_hex ? 2 : 0;
	number += strspn(number, ".0");
	return is_hex ? isxdigit(*number) : isdigit(*number);
}

/* What tc makes nothing of, or all, was not meant so. */
static int rounded_off(struct reader *in, const char *word, const char *number,
		       const char *to)
{
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" would be rounded to %s", word,
		       number, to);
}

static int check_share(struct reader *in, const char *word, const char *number,
		       double share)
{
	if (is_more_than_0(number) && !reader_fraction(share))
		return rounded_off(in, word, number, "0%");
	if (share < 1. && reader_fraction(share) == FL_P_ONE)
		return rounded_off(in, word, number, "100%");
	return 0;
}

int reader_take_share(struct reader *in, const char *word, double *share)
{
	const char *number;
	double parsed;
	char *end;

	if (!in->argc)
		return reader_needs(in, word, "a percentage");
	number = reader_next(in);
	parsed = strtod(number, &end) / 100.;
	if (end != number && parsed >= 0. && parsed <= 1. &&
	    (!*end || !strcmp(end, "%"))) {
		*share = parsed;
		return check_share(in, word, number, parsed);
	}
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" is not a percentage (such as 1%% "
		       "or 0.05%%, at most 100%%)",
		       word, number);
}

int reader_take_percent(struct reader *in, const char *word,
			__u32 *fraction_u32)
{
	double share;
	int err = reader_take_share(in, word, &share);

	if (!err)
		*fraction_u32 = reader_fraction(share);
	return err;
}

int reader_take_percents(struct reader *in, const char *word,
			 __u32 *fractions_u32, int count)
{
	int err = 0;

	for (int i = 0; i < count && reader_next_is_number(in) && !err; i++)
		err = reader_take_percent(in, word, &fractions_u32[i]);
	return err;
}

int reader_check(struct reader *in, const char *word, const char *number,
		 __u64 value)
{
	return !value && is_more_than_0(number) ?
		       rounded_off(in, word, number, "nothing") :
		       0;
}

bool reader_parse(const char *word, const struct reader_unit units[],
		  size_t count, double *value)
{
	char *end;
	double number = strtod(word, &end);

	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(end, units[i].name))
			continue;
		number *= units[i].scale;
		/* What is less than 2^63 is neither NaN nor infinity. */
		if (end == word || !(number >= 0. && number < 0x1p63))
			return false;
		*value = number;
		return true;
	}
	return false;
}

int reader_take_time(struct reader *in, const char *word, __u64 *time_ns)
{
	static const struct reader_unit units[] = {
		{ "s", 1e9 },  { "sec", 1e9 },	{ "secs", 1e9 },
		{ "ms", 1e6 }, { "msec", 1e6 }, { "msecs", 1e6 },
		{ "us", 1e3 }, { "usec", 1e3 }, { "usecs", 1e3 },
		{ "ns", 1 },   { "nsec", 1 },	{ "nsecs", 1 },
		{ "", 1 },
	};
	const char *time;
	double ns;

	if (!in->argc)
		return reader_needs(in, word, "a time");
	time = reader_next(in);
	if (!reader_parse(time, units, COUNT(units), &ns))
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "\"%.60s\": \"%.60s\" is not a time, such as "
			       "10ms",
			       word, time);
	/* Cut off to whole nanoseconds, as tc does. */
	*time_ns = (__u64)ns;
	return reader_check(in, word, time, *time_ns);
}

int reader_take_integer(struct reader *in, const char *word, long long min,
			long long max, long long *value)
{
	const char *number;
	long long parsed;
	char *end;

	if (!in->argc)
		return reader_needs(in, word, "a number");
	number = reader_next(in);
	errno = 0;
	parsed = strtoll(number, &end, 0);
	if (!errno && end != number && !*end && parsed >= min &&
	    parsed <= max) {
		*value = parsed;
		return 0;
	}
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" is not a whole number from %lld "
		       "to %lld",
		       word, number, min, max);
}

int reader_take_size(struct reader *in, const char *word, const char *what,
		     __u32 *size)
{
	static const struct reader_unit units[] = {
		{ "", 1 },	  { "b", 1 },	      { "k", 0x1p10 },
		{ "kb", 0x1p10 }, { "kbit", 0x1p7 },  { "m", 0x1p20 },
		{ "mb", 0x1p20 }, { "mbit", 0x1p17 }, { "g", 0x1p30 },
		{ "gb", 0x1p30 }, { "gbit", 0x1p27 },
	};
	const char *number;
	double parsed;

	if (!in->argc)
		return reader_needs(in, word, what);
	number = reader_next(in);
	if (!reader_parse(number, units, COUNT(units), &parsed) ||
	    parsed >= 0x1p32)
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "\"%.60s\": \"%.60s\" is not %s", word, number,
			       what);
	*size = (__u32)parsed;
	return reader_check(in, word, number, *size);
}
