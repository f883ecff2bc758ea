/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads the words of netem as tc does (q_netem.c of iproute2 6.x and 7.x), as
 * far as there are equals of them.
 */
#include "read.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <faultline/abi.h>

#include "grammar/grammar.h"
#include "base/unit.h"

int netem_needs(struct netem_reader *in, const char *word, const char *what)
{
	return fl_fail(in->error, FL_EXIT_USAGE, "\"%.60s\" needs %s", word,
		       what);
}

/* tc takes percentages with and without their sign, and in C's notations. */
static int take_percent(struct netem_reader *in, const char *word,
			double *fraction)
{
	const char *number;
	char *end;

	if (!in->argc)
		return netem_needs(in, word, "a percentage");
	number = netem_next(in);
	*fraction = strtod(number, &end) / 100.;
	if (end != number && *fraction >= 0. && *fraction <= 1. &&
	    (!*end || !strcmp(end, "%")))
		return 0;
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" is not a percentage (such as 1%% "
		       "or 0.05%%, at most 100%%)",
		       word, number);
}

/* Computed in a double, as in tc: the kernel then gets the same number. */
static __u32 fraction_u32(double fraction)
{
	return (__u32)rint(fraction * (double)FL_P_ONE);
}

int netem_take_u32(struct netem_reader *in, const char *word, __u32 *value)
{
	double fraction;
	int err = take_percent(in, word, &fraction);

	if (!err)
		*value = fraction_u32(fraction);
	return err;
}

/* The last percentages may be left out. */
int netem_take_more(struct netem_reader *in, const char *word, __u32 *values,
		    int count)
{
	int err = 0;

	for (int i = 0; i < count && netem_next_is_number(in) && !err; i++)
		err = netem_take_u32(in, word, &values[i]);
	return err;
}

static int take_random(struct netem_reader *in, const char *word)
{
	int err = netem_take_u32(in, word, &in->request.loss[0]);

	in->request.model = NETEM_RANDOM;
	if (err)
		return err;
	return netem_take_more(in, word, &in->request.correlation, 1);
}

static int take_state(struct netem_reader *in, const char *word)
{
	__u32 *loss = in->request.loss;
	double p13;
	int err = take_percent(in, word, &p13);

	if (err)
		return err;
	in->request.model = NETEM_STATE;
	loss[0] = fraction_u32(p13);
	loss[1] = fraction_u32(1. - p13); /* p31 */
	loss[2] = 0;			  /* p32 */
	loss[3] = FL_P_ONE;		  /* p23 */
	loss[4] = 0;			  /* p14 */
	return netem_take_more(in, word, loss + 1, 4);
}

static int take_gemodel(struct netem_reader *in, const char *word)
{
	__u32 *loss = in->request.loss;
	double p;
	int err = take_percent(in, word, &p);

	if (err)
		return err;
	in->request.model = NETEM_GEMODEL;
	loss[0] = fraction_u32(p);
	loss[1] = fraction_u32(1. - p); /* r */
	loss[2] = FL_P_ONE;		/* 1-h */
	loss[3] = 0;			/* 1-k */
	return netem_take_more(in, word, loss + 1, 3);
}

static int unknown_model(struct netem_reader *in, const char *word,
			 const char *model)
{
	static const char *const models[] = { "random", "state", "gemodel" };
	const char *near = grammar_nearest(model, models, 3);

	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" is neither a percentage nor "
		       "random, state or gemodel%s%s%s",
		       word, model, near ? ": did you mean \"" : "",
		       near ? near : "", near ? "\"?" : "");
}

static int take_loss(struct netem_reader *in, const char *word)
{
	const char *model;

	/* As in tc, a second loss may follow "loss 0%". */
	if (in->request.model > NETEM_RANDOM ||
	    (in->request.model && in->request.loss[0]))
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "\"%.60s\": the loss is given twice", word);
	if (!in->argc)
		return netem_needs(in, word, "a percentage, state or gemodel");
	if (netem_next_is_number(in))
		return take_random(in, word);
	model = netem_next(in);
	if (!strcmp(model, "random"))
		return take_random(in, "loss random");
	if (!strcmp(model, "state"))
		return take_state(in, "loss state");
	if (!strcmp(model, "gemodel"))
		return take_gemodel(in, "loss gemodel");
	return unknown_model(in, word, model);
}

/* A probability; a correlation other than 0 has no equivalent. */
static int take_independent(struct netem_reader *in, const char *word,
			    __u32 *value)
{
	const char *number = in->argc > 1 ? in->argv[1] : NULL;
	__u32 correlation = 0;
	int err = netem_take_u32(in, word, value);

	if (!err)
		err = netem_take_more(in, word, &correlation, 1);
	if (err || !correlation)
		return err;
	return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
		       "\"%.60s\": the correlation \"%.60s\" has no equivalent",
		       word, number);
}

static int take_duplicate(struct netem_reader *in, const char *word)
{
	return take_independent(in, word, &in->request.duplicate);
}

static int take_corrupt(struct netem_reader *in, const char *word)
{
	return take_independent(in, word, &in->request.corrupt);
}

static int take_ecn(struct netem_reader *in, const char *word)
{
	in->request.ecn = word;
	return 0;
}

static int take_seed(struct netem_reader *in, const char *word)
{
	__u64 seed;

	if (!in->argc)
		return netem_needs(in, word, "a number");
	in->request.seed = netem_next(in);
	if (!unit_parse_uint(in->request.seed, 0, ~0ull, &seed))
		return 0;
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" is not a seed (a whole number up "
		       "to 18446744073709551615)",
		       word, in->request.seed);
}

bool netem_parse_size(const char *word, double *size)
{
	static const struct {
		const char *name;
		double bytes;
	} units[] = {
		{ "", 1 },	  { "b", 1 },	      { "k", 0x1p10 },
		{ "kb", 0x1p10 }, { "kbit", 0x1p7 },  { "m", 0x1p20 },
		{ "mb", 0x1p20 }, { "mbit", 0x1p17 }, { "g", 0x1p30 },
		{ "gb", 0x1p30 }, { "gbit", 0x1p27 },
	};
	char *end;
	double number = strtod(word, &end);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcasecmp(end, units[i].name))
			continue;
		*size = number * units[i].bytes;
		return end != word && *size >= 0. && *size < 0x1p32;
	}
	return false;
}

static int take_limit(struct netem_reader *in, const char *word)
{
	double packets;

	if (!in->argc)
		return netem_needs(in, word, "a number of packets");
	in->request.limit = netem_next(in);
	if (!netem_parse_size(in->request.limit, &packets))
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "\"%.60s\": \"%.60s\" is not a number of "
			       "packets",
			       word, in->request.limit);
	in->request.limit_packets = (__u32)packets;
	if (in->request.limit_packets)
		return 0;
	return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
		       "\"%.60s 0\" drops every packet and reports an error "
		       "to the sender: use \"fail\" in a rule of its own",
		       word);
}

/* A keyword of tc before 2006. */
static int take_jitter(struct netem_reader *in, const char *word)
{
	return fl_fail(
		in->error, FL_EXIT_UNSUPPORTED,
		"\"%.60s\" has no equivalent: write \"delay TIME JITTER\"",
		word);
}

static const struct {
	const char *name;
	int (*take)(struct netem_reader *in, const char *word);
} keywords[] = {
	/* In tc's order: an abbreviation means the first that it begins. */
	{ "limit", take_limit },
	{ "latency", netem_take_delay },
	{ "delay", netem_take_delay },
	{ "loss", take_loss },
	{ "drop", take_loss },
	{ "seed", take_seed },
	{ "ecn", take_ecn },
	{ "reorder", netem_take_reorder },
	{ "corrupt", take_corrupt },
	{ "gap", netem_take_gap },
	{ "duplicate", take_duplicate },
	{ "distribution", netem_take_table },
	{ "rate", netem_take_rate },
	{ "slot", netem_take_slot },
	{ "jitter", take_jitter },
};

#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

/* Whether @in's next word is faultline's own and "--" should precede it. */
static bool next_is_own(const struct netem_reader *in)
{
	static const char *const own[] = {
		"in", "out", "both", "name", "prio", "for", "scope", "dry-run",
	};
	struct fl_match match = { 0 };
	struct fl_error ignored;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (netem_next_is(in, own[i]))
			return true;
	}
	return grammar_parse_match(in->argc, in->argv, &match, &ignored);
}

static int unknown_word(struct netem_reader *in)
{
	const char *names[KEYWORDS], *near;

	for (size_t i = 0; i < KEYWORDS; i++)
		names[i] = keywords[i].name;
	near = grammar_nearest(in->argv[0], names, KEYWORDS);
	if (next_is_own(in))
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "unknown netem keyword \"%.60s\": put "
			       "faultline's own keywords after \"--\"",
			       in->argv[0]);
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "unknown netem keyword \"%.60s\"%s%s%s", in->argv[0],
		       near ? ": did you mean \"" : "", near ? near : "",
		       near ? "\"?" : "");
}

static int take_keyword(struct netem_reader *in)
{
	for (size_t i = 0; i < KEYWORDS; i++) {
		if (netem_abbreviates(in->argv[0], keywords[i].name))
			return keywords[i].take(in, netem_next(in));
	}
	return unknown_word(in);
}

int netem_read(int argc, char *const argv[], struct netem_request *request,
	       struct fl_error *error)
{
	struct netem_reader in = {
		.argc = argc,
		.argv = argv,
		.request = *request,
		.error = error,
	};
	int err = 0;

	while (in.argc && !err)
		err = take_keyword(&in);
	if (!err && in.request.ecn &&
	    (!in.request.model ||
	     (in.request.model == NETEM_RANDOM && !in.request.loss[0])))
		err = fl_fail(
			error, FL_EXIT_USAGE,
			"\"%.60s\" needs a loss: it marks instead of dropping",
			in.request.ecn);
	if (!err)
		err = netem_check_times(&in);
	if (!err)
		*request = in.request;
	return err;
}
