/* SPDX-License-Identifier: GPL-2.0-only */
/* netem's keywords that hold packets, read as tc reads them. */
#include "times.h"

#include <string.h>

#include "base/nearest.h"
#include "base/table.h"

/* A bare number is microseconds to tc up to 6.8 and nanoseconds since. */
static int take_clear_time(struct reader *in, const char *word, __u64 *time_ns)
{
	const char *time = in->argc ? in->argv[0] : "";
	int err = reader_take_time(in, word, time_ns);

	if (err || !*time_ns || strpbrk(time, "sS"))
		return err;
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" needs a unit: tc up to 6.8 reads "
		       "it as microseconds, later versions as nanoseconds",
		       word, time);
}

/* ---- delay ----------------------------------------- */

int netem_take_delay(struct reader *in, const char *word,
		     struct netem_request *request)
{
	int err = take_clear_time(in, word, &request->delay_ns);

	if (err || !reader_next_is_number(in))
		return err;
	err = take_clear_time(in, word, &request->jitter_ns);
	if (err)
		return err;
	return reader_take_percents(in, word, &request->delay_correlation, 1);
}

int netem_take_reorder(struct reader *in, const char *word,
		       struct netem_request *request)
{
	int err = reader_take_percent(in, word, &request->reorder);

	return err ? err :
		     reader_take_percents(in, word,
					  &request->reorder_correlation, 1);
}

int netem_take_gap(struct reader *in, const char *word,
		   struct netem_request *request)
{
	long long gap = 0;
	int err = reader_take_integer(in, word, 0, 1000000000, &gap);

	if (!err)
		request->gap = (__u32)gap;
	return err;
}

static int take_name(struct reader *in, const char *word, const char **table)
{
	const char *name, *near, *names[FL_TABLE_FILE];
	char hint[NEAREST_HINT_MAX];
	enum fl_table_id id;

	if (!in->argc)
		return reader_needs(in, word, "the name of a distribution");
	name = reader_next(in);
	id = table_named(name);
	if (id < FL_TABLE_FILE) {
		*table = id == FL_TABLE_UNIFORM ? "" : table_name(id);
		return 0;
	}
	for (__u32 i = 0; i < FL_TABLE_FILE; i++)
		names[i] = table_name((enum fl_table_id)i);
	near = nearest_word(name, names, FL_TABLE_FILE);
	if (near)
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "\"%.60s\": \"%.60s\" is not a distribution%s",
			       word, name, nearest_hint(near, "", hint));
	return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
		       "\"%.60s %.60s\" has no equivalent: add knows uniform, "
		       "normal, pareto and paretonormal; for others give "
		       "the path of a file",
		       word, name);
}

int netem_take_table(struct reader *in, const char *word,
		     struct netem_request *request)
{
	return take_name(in, word, &request->table);
}

/* ---- rate ----------------------------------------- */

/* [PACKETOVERHEAD [CELLSIZE [CELLOVERHEAD]]], but each is there or not by
 * itself. */
static int take_overheads(struct reader *in, const char *word,
			  struct netem_request *request)
{
	long long number = 0;
	int err = 0;

	if (reader_next_is_signed(in)) {
		err = reader_take_integer(in, word, -65536, 65536, &number);
		request->overhead = (__s32)number;
	}
	if (!err && reader_next_is_number(in)) {
		err = reader_take_integer(in, word, 0, 65536, &number);
		request->cell = (__u32)number;
	}
	if (!err && reader_next_is_signed(in)) {
		err = reader_take_integer(in, word, -65536, 65536, &number);
		request->celloverhead = (__s32)number;
	}
	return err;
}

/* tc's get_rate64(): whole bytes per second. */
static bool parse_rate(const char *word, __u64 *rate_bps)
{
	static const struct reader_unit units[] = {
		{ "", 1 },	     { "bit", 1 },	  { "kbit", 1e3 },
		{ "kibit", 0x1p10 }, { "mbit", 1e6 },	  { "mibit", 0x1p20 },
		{ "gbit", 1e9 },     { "gibit", 0x1p30 }, { "tbit", 1e12 },
		{ "tibit", 0x1p40 }, { "bps", 8 },	  { "kbps", 8e3 },
		{ "kibps", 0x1p13 }, { "mbps", 8e6 },	  { "mibps", 0x1p23 },
		{ "gbps", 8e9 },     { "gibps", 0x1p33 }, { "tbps", 8e12 },
		{ "tibps", 0x1p43 },
	};
	double bps;

	if (!reader_parse(word, units, sizeof(units) / sizeof(units[0]), &bps))
		return false;
	*rate_bps = (__u64)(bps / 8) * 8;
	return true;
}

int netem_take_rate(struct reader *in, const char *word,
		    struct netem_request *request)
{
	const char *rate;
	int err;

	if (!in->argc)
		return reader_needs(in, word, "a rate");
	rate = reader_next(in);
	if (strchr(rate, '%'))
		return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
			       "\"%.60s %.60s\" has no equivalent: a rate in "
			       "percent of the device's speed",
			       word, rate);
	if (!parse_rate(rate, &request->rate_bps))
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "\"%.60s\": \"%.60s\" is not a rate, such as "
			       "10mbit",
			       word, rate);
	err = reader_check(in, word, rate, request->rate_bps);
	return err ? err : take_overheads(in, word, request);
}

/* ---- slot ----------------------------------------- */

static int take_slot_table(struct reader *in, const char *word,
			   struct netem_request *request)
{
	int err;

	if (!reader_next_is(in, "distribution"))
		return reader_needs(in, word, "a time or a distribution");
	reader_next(in);
	err = take_name(in, "slot distribution", &request->slot_table);
	if (!err)
		err = reader_take_time(in, "slot distribution",
				       &request->slot_min_ns);
	if (!err)
		err = reader_take_time(in, "slot distribution",
				       &request->slot_max_ns);
	if (!err && !request->slot_max_ns)
		err = reader_needs(in, "slot distribution",
				   "a jitter of more than 0");
	if (!err && !*request->slot_table)
		err = fl_fail(in->error, FL_EXIT_UNSUPPORTED,
			      "\"slot distribution uniform\" has no "
			      "equivalent: write \"slot MIN MAX\"");
	return err;
}

static int take_slot_times(struct reader *in, const char *word,
			   struct netem_request *request)
{
	int err;

	if (!reader_next_is_number(in))
		return take_slot_table(in, word, request);
	request->slot_table = NULL;
	err = reader_take_time(in, word, &request->slot_min_ns);
	request->slot_max_ns = request->slot_min_ns;
	if (!err && reader_next_is_number(in))
		err = reader_take_time(in, word, &request->slot_max_ns);
	if (!err && request->slot_max_ns < request->slot_min_ns)
		err = fl_fail(in->error, FL_EXIT_USAGE,
			      "\"%.60s\": the maximum is less than the "
			      "minimum",
			      word);
	return err;
}

int netem_take_slot(struct reader *in, const char *word,
		    struct netem_request *request)
{
	long long packets = 0;
	int err = take_slot_times(in, word, request);

	request->slot = true;
	if (!err && reader_next_abbreviates(in, "packets")) {
		reader_next(in);
		err = reader_take_integer(in, "slot packets", 0, 1000000000,
					  &packets);
		request->slot_packets = (__u32)packets;
	}
	if (!err && reader_next_abbreviates(in, "bytes")) {
		reader_next(in);
		err = reader_take_size(in, "slot bytes", "a number of bytes",
				       &request->slot_bytes);
	}
	return err;
}

int netem_check_times(struct reader *in, const struct netem_request *request)
{
	if (request->reorder && !request->delay_ns)
		return reader_needs(in, "reorder", "a delay");
	if (request->gap && !request->reorder)
		return reader_needs(in, "gap", "a reorder");
	if (request->table && !(request->delay_ns && request->jitter_ns))
		return reader_needs(in, "distribution", "a delay and a jitter");
	return 0;
}
