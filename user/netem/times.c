/* SPDX-License-Identifier: GPL-2.0-only */
/* netem's keywords that hold packets, read as tc reads them. */
#include "read.h"

#include <errno.h>
#include <stdlib.h>
#include <strings.h>

#include <faultline/abi.h>

#include "grammar/grammar.h"

/* ---- numbers ----------------------------------------- */

struct unit {
	const char *name;
	double scale;
};

/* The number in @word times the scale of its unit; false if it is none. */
static bool parse_in_units(const char *word, const struct unit units[],
			   size_t count, double *value)
{
	char *end;
	double number = strtod(word, &end);

	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(end, units[i].name))
			continue;
		*value = number * units[i].scale;
		/* Values below 2^63; excludes NaN and infinity. */
		return end != word && *value >= 0. && *value < 0x1p63;
	}
	return false;
}

/* tc's get_time64(): cut off to whole nanoseconds. */
static bool parse_time(const char *word, __u64 *time_ns)
{
	static const struct unit units[] = {
		{ "s", 1e9 },  { "sec", 1e9 },	{ "secs", 1e9 },
		{ "ms", 1e6 }, { "msec", 1e6 }, { "msecs", 1e6 },
		{ "us", 1e3 }, { "usec", 1e3 }, { "usecs", 1e3 },
		{ "ns", 1 },   { "nsec", 1 },	{ "nsecs", 1 },
		{ "", 1 },
	};
	double ns;

	if (!parse_in_units(word, units, sizeof(units) / sizeof(units[0]), &ns))
		return false;
	*time_ns = (__u64)ns;
	return true;
}

static int take_time(struct netem_reader *in, const char *word, __u64 *time_ns)
{
	const char *time;

	if (!in->argc)
		return netem_needs(in, word, "a time");
	time = netem_next(in);
	if (parse_time(time, time_ns))
		return 0;
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" is not a time, such as 10ms", word,
		       time);
}

/* A bare number is microseconds to tc up to 6.8 and nanoseconds since. */
static int take_clear_time(struct netem_reader *in, const char *word,
			   __u64 *time_ns)
{
	const char *time = in->argc ? in->argv[0] : "";
	int err = take_time(in, word, time_ns);

	if (err || !*time_ns || strpbrk(time, "sS"))
		return err;
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" needs a unit: tc up to 6.8 reads "
		       "it as microseconds, later versions as nanoseconds",
		       word, time);
}

/* tc's get_u32() and get_s32() with base 0. */
static int take_integer(struct netem_reader *in, const char *word,
			long long min, long long max, long long *value)
{
	const char *number;
	char *end;

	if (!in->argc)
		return netem_needs(in, word, "a number");
	number = netem_next(in);
	errno = 0;
	*value = strtoll(number, &end, 0);
	if (!errno && end != number && !*end && *value >= min && *value <= max)
		return 0;
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" is not a whole number from %lld "
		       "to %lld",
		       word, number, min, max);
}

/* ---- delay ----------------------------------------- */

int netem_take_delay(struct netem_reader *in, const char *word)
{
	struct netem_request *request = &in->request;
	int err = take_clear_time(in, word, &request->delay_ns);

	if (err || !netem_next_is_number(in))
		return err;
	err = take_clear_time(in, word, &request->jitter_ns);
	if (err)
		return err;
	return netem_take_more(in, word, &request->delay_correlation, 1);
}

int netem_take_reorder(struct netem_reader *in, const char *word)
{
	int err = netem_take_u32(in, word, &in->request.reorder);

	return err ? err :
		     netem_take_more(in, word, &in->request.reorder_correlation,
				     1);
}

int netem_take_gap(struct netem_reader *in, const char *word)
{
	long long gap = 0;
	int err = take_integer(in, word, 0, 1000000000, &gap);

	if (!err)
		in->request.gap = (__u32)gap;
	return err;
}

static int take_name(struct netem_reader *in, const char *word,
		     const char **table)
{
	static const char *const names[] = {
		"normal",
		"pareto",
		"paretonormal",
		"uniform",
	};
	const char *name, *near;

	if (!in->argc)
		return netem_needs(in, word, "the name of a distribution");
	name = netem_next(in);
	for (size_t i = 0; i < 4; i++) {
		if (strcmp(name, names[i]))
			continue;
		*table = i == 3 ? "" : names[i];
		return 0;
	}
	near = grammar_nearest(name, names, 4);
	if (near)
		return fl_fail(
			in->error, FL_EXIT_USAGE,
			"\"%.60s\": \"%.60s\" is not a distribution: did "
			"you mean \"%s\"?",
			word, name, near);
	return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
		       "\"%.60s %.60s\" has no equivalent: add knows uniform, "
		       "normal, pareto and paretonormal; for others give "
		       "the path of a file",
		       word, name);
}

int netem_take_table(struct netem_reader *in, const char *word)
{
	return take_name(in, word, &in->request.table);
}

/* ---- rate ----------------------------------------- */

static bool next_is_signed(const struct netem_reader *in)
{
	return netem_next_is_number(in) || (in->argc && *in->argv[0] == '-');
}

/* [PACKETOVERHEAD [CELLSIZE [CELLOVERHEAD]]], but each is there or not by
 * itself. */
static int take_overheads(struct netem_reader *in, const char *word)
{
	struct netem_request *request = &in->request;
	long long number = 0;
	int err = 0;

	if (next_is_signed(in)) {
		err = take_integer(in, word, -65536, 65536, &number);
		request->overhead = (__s32)number;
	}
	if (!err && netem_next_is_number(in)) {
		err = take_integer(in, word, 0, 65536, &number);
		request->cell = (__u32)number;
	}
	if (!err && next_is_signed(in)) {
		err = take_integer(in, word, -65536, 65536, &number);
		request->celloverhead = (__s32)number;
	}
	return err;
}

/* tc's get_rate64(): whole bytes per second. */
static bool parse_rate(const char *word, __u64 *rate_bps)
{
	static const struct unit units[] = {
		{ "", 1 },	     { "bit", 1 },	  { "kbit", 1e3 },
		{ "kibit", 0x1p10 }, { "mbit", 1e6 },	  { "mibit", 0x1p20 },
		{ "gbit", 1e9 },     { "gibit", 0x1p30 }, { "tbit", 1e12 },
		{ "tibit", 0x1p40 }, { "bps", 8 },	  { "kbps", 8e3 },
		{ "kibps", 0x1p13 }, { "mbps", 8e6 },	  { "mibps", 0x1p23 },
		{ "gbps", 8e9 },     { "gibps", 0x1p33 }, { "tbps", 8e12 },
		{ "tibps", 0x1p43 },
	};
	double bps;

	if (!parse_in_units(word, units, sizeof(units) / sizeof(units[0]),
			    &bps))
		return false;
	*rate_bps = (__u64)(bps / 8) * 8;
	return true;
}

int netem_take_rate(struct netem_reader *in, const char *word)
{
	const char *rate;

	if (!in->argc)
		return netem_needs(in, word, "a rate");
	rate = netem_next(in);
	if (strchr(rate, '%'))
		return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
			       "\"%.60s %.60s\" has no equivalent: a rate in "
			       "percent of the device's speed",
			       word, rate);
	if (!parse_rate(rate, &in->request.rate_bps))
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "\"%.60s\": \"%.60s\" is not a rate, such as "
			       "10mbit",
			       word, rate);
	return take_overheads(in, word);
}

/* ---- slot ----------------------------------------- */

static int take_slot_table(struct netem_reader *in, const char *word)
{
	struct netem_request *request = &in->request;
	int err;

	if (!netem_next_is(in, "distribution"))
		return netem_needs(in, word, "a time or a distribution");
	netem_next(in);
	err = take_name(in, "slot distribution", &request->slot_table);
	if (!err)
		err = take_time(in, "slot distribution", &request->slot_min_ns);
	if (!err)
		err = take_time(in, "slot distribution", &request->slot_max_ns);
	if (!err && !request->slot_max_ns)
		err = netem_needs(in, "slot distribution",
				  "a jitter of more than 0");
	if (!err && !*request->slot_table)
		err = fl_fail(in->error, FL_EXIT_UNSUPPORTED,
			      "\"slot distribution uniform\" has no "
			      "equivalent: write \"slot MIN MAX\"");
	return err;
}

static int take_slot_times(struct netem_reader *in, const char *word)
{
	struct netem_request *request = &in->request;
	int err;

	if (!netem_next_is_number(in))
		return take_slot_table(in, word);
	request->slot_table = NULL;
	err = take_time(in, word, &request->slot_min_ns);
	request->slot_max_ns = request->slot_min_ns;
	if (!err && netem_next_is_number(in))
		err = take_time(in, word, &request->slot_max_ns);
	if (!err && request->slot_max_ns < request->slot_min_ns)
		err = fl_fail(in->error, FL_EXIT_USAGE,
			      "\"%.60s\": the maximum is less than the "
			      "minimum",
			      word);
	return err;
}

static int take_slot_bytes(struct netem_reader *in)
{
	const char *word;
	double bytes;

	if (!in->argc)
		return netem_needs(in, "slot bytes", "a number of bytes");
	word = netem_next(in);
	if (!netem_parse_size(word, &bytes))
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "\"slot bytes\": \"%.60s\" is not a number of "
			       "bytes",
			       word);
	in->request.slot_bytes = (__u32)bytes;
	return 0;
}

int netem_take_slot(struct netem_reader *in, const char *word)
{
	long long packets = 0;
	int err = take_slot_times(in, word);

	in->request.slot = true;
	if (!err && in->argc && netem_abbreviates(in->argv[0], "packets")) {
		netem_next(in);
		err = take_integer(in, "slot packets", 0, 1000000000, &packets);
		in->request.slot_packets = (__u32)packets;
	}
	if (!err && in->argc && netem_abbreviates(in->argv[0], "bytes")) {
		netem_next(in);
		err = take_slot_bytes(in);
	}
	return err;
}

int netem_check_times(struct netem_reader *in)
{
	const struct netem_request *request = &in->request;

	if (request->reorder && !request->delay_ns)
		return netem_needs(in, "reorder", "a delay");
	if (request->gap && !request->reorder)
		return netem_needs(in, "gap", "a reorder");
	if (request->table && !(request->delay_ns && request->jitter_ns))
		return netem_needs(in, "distribution", "a delay and a jitter");
	return 0;
}
