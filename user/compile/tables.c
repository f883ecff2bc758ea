/* SPDX-License-Identifier: GPL-2.0-only */
#include "tables.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "base/table.h"

/* ---- built in ----------------------------------------- */

/* netem's tables have this many values. Its tool computes four times as many,
 * numbered from 0. */
#define VALUES 4096
#define STEPS 4

enum fl_table_id tables_named(const char *word)
{
	return *word ? table_named(word) : FL_TABLE_UNIFORM;
}

static double below(double x)
{
	return erfc(-x / sqrt(2)) / 2;
}

/* Where the normal distribution reaches @p, by Newton's method from @x. */
static double normal_at(double p, double x)
{
	for (int i = 0; i < 50; i++) {
		double density = exp(-x * x / 2) / sqrt(2 * M_PI);
		double step = (below(x) - p) / density;

		x -= fmax(-0.5, fmin(0.5, step));
		if (fabs(step) < 1e-15)
			break;
	}
	return x;
}

/*
 * The upper end of the @i-th share: netem's tool keeps the last of all x that
 * round to the same entry.
 */
static double normal_value(__u32 i, double *x)
{
	*x = normal_at((STEPS * i + 0.5) / (STEPS * VALUES), *x);
	return *x * FL_TABLE_SCALE;
}

/* With shape 3, a share of x^-3 is above x. */
static double pareto_value(__u32 i)
{
	double more = 1 - (double)i / VALUES;

	return (1 / cbrt(more) - 1.5) * 4 / 3 * FL_TABLE_SCALE;
}

/*
 * libm may be off in the last bits. That does not matter: no value is so near
 * to the middle between two numbers that it would be rounded differently.
 */
static __s16 rounded(double value)
{
	return (__s16)rint(fmax(-32768, fmin(32767, value)));
}

int tables_builtin(enum fl_table_id id, struct fl_table *out)
{
	double x = -4;

	if (id == FL_TABLE_UNIFORM || id >= FL_TABLE_FILE)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	out->length = VALUES;
	for (__u32 i = 0; i < VALUES; i++) {
		double normal = normal_value(i, &x);
		double pareto = fmin(32767, pareto_value(i));

		out->value[i] = rounded(
			id == FL_TABLE_NORMAL ? normal :
			id == FL_TABLE_PARETO ? pareto :
						normal / 4 + pareto * 3 / 4);
	}
	return 0;
}

/* ---- the user's ----------------------------------------- */

struct reader {
	const char *at, *end;
	const char *path;
	unsigned line, column; /* of the last character */
	struct fl_error *error;
};

static int next(struct reader *in)
{
	in->column++;
	return in->at < in->end ? (unsigned char)*in->at++ : EOF;
}

static void next_line(struct reader *in)
{
	in->line++;
	in->column = 0;
}

static int fail_at(const struct reader *in, unsigned column, const char *what)
{
	return fl_fail(in->error, FL_EXIT_ERROR, "%.200s:%u:%u: %s", in->path,
		       in->line, column, what);
}

static bool ends_number(int c)
{
	return c == EOF || c == '#' || isspace(c);
}

/* Reads a number that begins with @c; *@end is the character after it. */
static int read_number(struct reader *in, int c, struct fl_table *out, int *end)
{
	unsigned column = in->column;
	bool negative = c == '-';
	long value = 0;

	if (c == '-' || c == '+')
		c = next(in);
	if (!isdigit(c))
		value = 65536;
	for (; isdigit(c); c = next(in))
		value = value > 65535 ? value : value * 10 + (c - '0');
	if (negative)
		value = -value;
	if (!ends_number(c) || value < -32768 || value > 32767)
		return fail_at(in, column,
			       "a distribution has only whole "
			       "numbers from -32768 to 32767");
	if (out->length == FL_TABLE_VALUES)
		return fail_at(in, column,
			       "a distribution has at most 16384 "
			       "numbers");
	out->value[out->length++] = (__s16)value;
	*end = c;
	return 0;
}

static int read_numbers(struct reader *in, struct fl_table *out)
{
	int c, code = 0;

	for (c = next(in); c != EOF && !code;) {
		if (!ends_number(c)) {
			code = read_number(in, c, out, &c);
			continue;
		}
		if (c == '#') {
			while (c != EOF && c != '\n')
				c = next(in);
			continue;
		}
		if (c == '\n')
			next_line(in);
		c = next(in);
	}
	if (!code && !out->length)
		return fl_fail(in->error, FL_EXIT_ERROR,
			       "%.200s: this distribution has no "
			       "numbers",
			       in->path);
	return code;
}

static int compare_values(const void *a, const void *b)
{
	return *(const __s16 *)a - *(const __s16 *)b;
}

int table_read(const char *path, struct fl_table *out, struct fl_error *error)
{
	struct reader in = { .path = path, .line = 1, .error = error };
	struct input text;
	int code = input_read(path, &text, error);

	memset(out, 0, sizeof(*out));
	if (code)
		return code;
	in.at = text.text;
	in.end = text.text + text.length;
	code = read_numbers(&in, out);
	free(text.text);
	qsort(out->value, out->length, sizeof(out->value[0]), compare_values);
	return code;
}
