/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "compile/tables.h"
#include "lib/tap.h"

#define VALUES 4096

static struct fl_table table;

/* ---- ours ----------------------------------------- */

static const struct {
	const char *name;
	enum fl_table_id id;
	__s16 first, middle, last;
} ours[] = {
	/* By another's implementation: -4.009, 0.0001 and 3.523 standard
	 * deviations; -2/3, -0.32 and more than 4; and one part of the first
	 * with three of the second. */
	{ "normal", FL_TABLE_NORMAL, -32768, 1, 28858 },
	{ "pareto", FL_TABLE_PARETO, -5461, -2622, 32767 },
	{ "paretonormal", FL_TABLE_PARETONORMAL, -12306, -1967, 31790 },
};

static void check_ours(void)
{
	for (int i = 0; i < 3; i++) {
		const char *name = ours[i].name;
		unsigned falls = 0;

		tap_is_u64((__u64)tables_builtin(ours[i].id, &table), 0,
			   "%s is ours", name);
		tap_is_u64(table.length, VALUES, "%s: length", name);
		for (int n = 1; n < VALUES; n++)
			falls += table.value[n] < table.value[n - 1];
		tap_is_u64(falls, 0, "%s: ascending", name);
		tap_ok(table.value[0] == ours[i].first &&
			       table.value[VALUES / 2] == ours[i].middle &&
			       table.value[VALUES - 1] == ours[i].last,
		       "%s: %d %d %d", name, table.value[0],
		       table.value[VALUES / 2], table.value[VALUES - 1]);
		tap_is_u64(tables_named(name), ours[i].id, "%s: its name",
			   name);
	}
	tap_ok(tables_builtin(FL_TABLE_UNIFORM, &table) == -EINVAL &&
		       tables_builtin(FL_TABLE_FILE, &table) == -EINVAL,
	       "no others are");
	tap_is_u64(tables_named(""), FL_TABLE_UNIFORM, "nothing is uniform");
	tap_is_u64(tables_named("./normal"), FL_TABLE_FILE, "a path is none");
}

/* How near a value comes to where it would be rounded to another. */
static double margin(double value)
{
	return fabs(fabs(value - floor(value)) - 0.5);
}

/* The same on every machine: libm is right to 1e-11 of such values. */
static void check_margins(void)
{
	double least = 1;

	for (int i = 0; i < VALUES; i++) {
		double p = (4 * i + 0.5) / (4 * VALUES), low = -5, high = 5;
		double pareto = (pow(1 - (double)i / VALUES, -1.0 / 3) - 1.5) *
				4 / 3 * FL_TABLE_SCALE;

		for (int n = 0; n < 80; n++) {
			double x = (low + high) / 2;

			if (erfc(-x / M_SQRT2) / 2 < p)
				low = x;
			else
				high = x;
		}
		pareto = fmin(pareto, 32767);
		least = fmin(least, margin(low * FL_TABLE_SCALE));
		least = fmin(least, margin(pareto));
		least = fmin(least,
			     margin((low * FL_TABLE_SCALE + 3 * pareto) / 4));
	}
	tap_ok(least > 1e-6, "none is within %.1e of another rounding", least);
}

/* ---- netem's ----------------------------------------- */

/* Where Debian and others keep what iproute2 brings. */
static const char *const places[] = {
	"/usr/lib/tc",
	"/usr/lib64/tc",
	"/usr/share/tc",
	"/usr/lib/x86_64-linux-gnu/tc",
	"/usr/lib/aarch64-linux-gnu/tc",
};

static bool find_theirs(const char *name, char *path, size_t size)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "%s/%s.dist", places[i], name);
		if (!access(path, R_OK))
			return true;
	}
	return false;
}

static void check_theirs(void)
{
	static struct fl_table theirs;

	for (int i = 0; i < 3; i++) {
		struct fl_error error;
		char path[128];
		int most = 0;

		if (!find_theirs(ours[i].name, path, sizeof(path))) {
			tap_skip("no %s.dist of iproute2 here", ours[i].name);
			continue;
		}
		tap_is_u64((__u64)table_read(path, &theirs, &error), 0,
			   "%s can be read", path);
		tables_builtin(ours[i].id, &table);
		for (int n = 0; n < VALUES; n++) {
			int off = abs(table.value[n] - theirs.value[n]);

			most = off > most ? off : most;
		}
		tap_ok(theirs.length == VALUES && most <= 1,
		       "%s: ours is off by %d at most", ours[i].name, most);
	}
}

/* ---- the user's ----------------------------------------- */

/* table_read() of a file with this @text. */
static int read_text(const char *text, struct fl_error *error)
{
	char path[] = "/tmp/tables_test.XXXXXX";
	int fd = mkstemp(path), code;
	size_t length = strlen(text);

	error->text[0] = '\0';
	if (fd < 0 || write(fd, text, length) != (ssize_t)length)
		return -1;
	close(fd);
	code = table_read(path, &table, error);
	unlink(path);
	return code;
}

static void check_good(void)
{
	struct fl_error error;

	tap_is_u64((__u64)read_text("# all of it\n 1\t-2 \r\n+3#x 9\n#\n\n"
				    "-32768 32767",
				    &error),
		   0, "numbers");
	tap_is_u64(table.length, 5, "five of them");
	tap_ok(table.value[0] == -32768 && table.value[1] == -2 &&
		       table.value[2] == 1 && table.value[3] == 3 &&
		       table.value[4] == 32767,
	       "in order");
	tap_is_u64((__u64)read_text("7", &error), 0, "one");
	tap_ok(table.length == 1 && table.value[0] == 7, "which is 7");
}

static const struct {
	const char *text, *error; /* behind the name of the file */
} bad[] = {
	{ "", ": this distribution has no numbers" },
	{ "# 1 2 3\n", ": this distribution has no numbers" },
	{ "1 2 x", ":1:5: a distribution has only whole numbers from -32768 "
		   "to 32767" },
	{ "1\n# 1\n  1.5", ":3:3: a distribution has only whole numbers" },
	{ "1\n32768", ":2:1: " },
	{ "-32769", ":1:1: " },
	{ "99999999999999999999", ":1:1: " },
	{ "1 -", ":1:3: " },
	{ "1 --1", ":1:3: " },
	{ "1 0x10", ":1:3: " },
	{ "1,2", ":1:1: " },
};

static void check_bad(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct fl_error error;
		const char *at;

		tap_is_u64((__u64)read_text(bad[i].text, &error), FL_EXIT_ERROR,
			   "bad %zu: refused", i);
		at = strchr(error.text, ':');
		if (!tap_ok(at && !strncmp(at, bad[i].error,
					   strlen(bad[i].error)),
			    "bad %zu: says where", i))
			tap_diag("%s", error.text);
	}
}

static void check_limits(void)
{
	size_t size = (FL_TABLE_VALUES + 1) * 2 + 1;
	char *text = malloc(size);
	struct fl_error error;

	if (!text)
		return;
	for (size_t i = 0; i <= FL_TABLE_VALUES; i++)
		memcpy(text + 2 * i, "5\n", 3);
	tap_is_u64((__u64)read_text(text, &error), FL_EXIT_ERROR, "16385");
	tap_ok(strstr(error.text, ":16385:1: a distribution has at most 16384 "
				  "numbers"),
	       "are too many");
	text[2 * FL_TABLE_VALUES] = '\0';
	tap_is_u64((__u64)read_text(text, &error), 0, "16384 are not");
	tap_is_u64(table.length, FL_TABLE_VALUES, "all are there");
	free(text);
	tap_is_u64((__u64)table_read("/nonexistent/x", &table, &error),
		   FL_EXIT_ERROR, "no file");
	tap_is_str(error.text, "/nonexistent/x: No such file or directory",
		   "is said");
	tap_is_u64((__u64)table_read("/tmp", &table, &error), FL_EXIT_ERROR,
		   "a directory");
	tap_is_str(error.text, "/tmp: Is a directory", "is none either");
}

int main(void)
{
	check_ours();
	check_margins();
	check_theirs();
	check_good();
	check_bad();
	check_limits();
	return tap_done();
}
