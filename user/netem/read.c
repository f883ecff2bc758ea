/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads netem's keywords as tc does (q_netem.c of iproute2 6.x and 7.x), as far
 * as they have equivalents.
 */
#include "read.h"

#include <string.h>

#include <faultline/abi.h>

#include "base/nearest.h"
#include "base/unit.h"
#include "grammar/grammar.h"
#include "times.h"

static int take_random(struct reader *in, const char *word,
		       struct netem_request *request)
{
	int err = reader_take_percent(in, word, &request->loss[0]);

	request->model = NETEM_RANDOM;
	if (err)
		return err;
	return reader_take_percents(in, word, &request->correlation, 1);
}

static int take_state(struct reader *in, const char *word,
		      struct netem_request *request)
{
	__u32 *loss = request->loss;
	double p13;
	int err = reader_take_share(in, word, &p13);

	if (err)
		return err;
	request->model = NETEM_STATE;
	loss[0] = reader_fraction(p13);
	loss[1] = reader_fraction(1. - p13); /* p31 */
	loss[2] = 0;			     /* p32 */
	loss[3] = FL_P_ONE;		     /* p23 */
	loss[4] = 0;			     /* p14 */
	return reader_take_percents(in, word, loss + 1, 4);
}

static int take_gemodel(struct reader *in, const char *word,
			struct netem_request *request)
{
	__u32 *loss = request->loss;
	double p;
	int err = reader_take_share(in, word, &p);

	if (err)
		return err;
	request->model = NETEM_GEMODEL;
	loss[0] = reader_fraction(p);
	loss[1] = reader_fraction(1. - p); /* r */
	loss[2] = FL_P_ONE;		   /* 1-h */
	loss[3] = 0;			   /* 1-k */
	return reader_take_percents(in, word, loss + 1, 3);
}

static int unknown_model(struct reader *in, const char *word, const char *model)
{
	static const char *const models[] = { "random", "state", "gemodel" };
	const char *near = nearest_word(model, models, 3);
	char hint[NEAREST_HINT_MAX];

	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" is neither a percentage nor "
		       "random, state or gemodel%s",
		       word, model, nearest_hint(near, "", hint));
}

static int take_loss(struct reader *in, const char *word,
		     struct netem_request *request)
{
	const char *model;

	/* As in tc, a second loss may follow "loss 0%". */
	if (request->model > NETEM_RANDOM ||
	    (request->model && request->loss[0]))
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "\"%.60s\": the loss is given twice", word);
	if (!in->argc)
		return reader_needs(in, word, "a percentage, state or gemodel");
	if (reader_next_is_number(in))
		return take_random(in, word, request);
	model = reader_next(in);
	if (!strcmp(model, "random"))
		return take_random(in, "loss random", request);
	if (!strcmp(model, "state"))
		return take_state(in, "loss state", request);
	if (!strcmp(model, "gemodel"))
		return take_gemodel(in, "loss gemodel", request);
	return unknown_model(in, word, model);
}

/* A probability; a correlation other than 0 has no equivalent. */
static int take_independent(struct reader *in, const char *word, __u32 *value)
{
	const char *number = in->argc > 1 ? in->argv[1] : NULL;
	__u32 correlation = 0;
	int err = reader_take_percent(in, word, value);

	if (!err)
		err = reader_take_percents(in, word, &correlation, 1);
	if (err || !correlation)
		return err;
	return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
		       "\"%.60s\": the correlation \"%.60s\" has no equivalent",
		       word, number);
}

static int take_duplicate(struct reader *in, const char *word,
			  struct netem_request *request)
{
	return take_independent(in, word, &request->duplicate);
}

static int take_corrupt(struct reader *in, const char *word,
			struct netem_request *request)
{
	return take_independent(in, word, &request->corrupt);
}

static int take_ecn(struct reader *in, const char *word,
		    struct netem_request *request)
{
	(void)in;
	request->ecn = word;
	return 0;
}

static int take_seed(struct reader *in, const char *word,
		     struct netem_request *request)
{
	__u64 seed;

	if (!in->argc)
		return reader_needs(in, word, "a number");
	request->seed = reader_next(in);
	if (!unit_parse_uint(request->seed, 0, ~0ull, &seed))
		return 0;
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%.60s\": \"%.60s\" is not a seed (a whole number up "
		       "to 18446744073709551615)",
		       word, request->seed);
}

static int take_limit(struct reader *in, const char *word,
		      struct netem_request *request)
{
	const char *number = in->argc ? in->argv[0] : NULL;
	int err = reader_take_size(in, word, "a number of packets",
				   &request->limit_packets);

	if (err)
		return err;
	request->limit = number;
	if (request->limit_packets)
		return 0;
	return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
		       "\"%.60s 0\" drops every packet and reports an error "
		       "to the sender: use \"fail\" in a rule of its own",
		       word);
}

/* A keyword of tc before 2006. */
static int take_jitter(struct reader *in, const char *word,
		       struct netem_request *request)
{
	(void)request;
	return fl_fail(
		in->error, FL_EXIT_UNSUPPORTED,
		"\"%.60s\" has no equivalent: write \"delay TIME JITTER\"",
		word);
}

static const struct {
	const char *name;
	int (*take)(struct reader *in, const char *word,
		    struct netem_request *request);
} keywords[] = {
#define KEYWORD(name, take) { name, take },
#include "keywords.def"
#undef KEYWORD
};

#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

/* Whether @in's next word is faultline's own and "--" should precede it. */
static bool next_is_own(const struct reader *in)
{
	static const char *const own[] = {
		"in", "out", "both", "name", "prio", "for", "scope", "dry-run",
	};
	struct fl_match match = { 0 };
	struct fl_error ignored;

	if (reader_next_is_any(in, own, sizeof(own) / sizeof(own[0])))
		return true;
	return grammar_parse_match(in->argc, in->argv, &match, &ignored);
}

static int unknown_word(struct reader *in)
{
	const char *names[KEYWORDS], *near;
	char hint[NEAREST_HINT_MAX];

	for (size_t i = 0; i < KEYWORDS; i++)
		names[i] = keywords[i].name;
	near = nearest_word(in->argv[0], names, KEYWORDS);
	if (next_is_own(in))
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "unknown netem keyword \"%.60s\": put "
			       "faultline's own keywords after \"--\"",
			       in->argv[0]);
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "unknown netem keyword \"%.60s\"%s", in->argv[0],
		       nearest_hint(near, "", hint));
}

static int take_keyword(struct reader *in, struct netem_request *request)
{
	for (size_t i = 0; i < KEYWORDS; i++) {
		if (reader_next_abbreviates(in, keywords[i].name))
			return keywords[i].take(in, reader_next(in), request);
	}
	return unknown_word(in);
}

int netem_read(struct reader *in, struct netem_request *request)
{
	int err = 0;

	while (in->argc && !err)
		err = take_keyword(in, request);
	if (!err && request->ecn &&
	    (!request->model ||
	     (request->model == NETEM_RANDOM && !request->loss[0])))
		err = fl_fail(
			in->error, FL_EXIT_USAGE,
			"\"%.60s\" needs a loss: it marks instead of dropping",
			request->ecn);
	return err ? err : netem_check_times(in, request);
}
