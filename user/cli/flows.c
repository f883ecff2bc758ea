/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "cmd.h"
#include "device/device.h"
#include "grammar/grammar.h"
#include "stats/counters.h"
#include "watch.h"

#define TOP_MAX (16u << 20)
#define TOP_WATCHED 20 /* on -w as text: about a screen */
#define MATCH_MAX 512  /* as words, with NUL */

struct values {
	struct opt_number watch;
	__u32 top;
	const char *sort;
};

static const struct opt rows[] = {
	{ 'w', "watch", "[SEC]", OPT_INTERVAL, offsetof(struct values, watch),
	  0, 0, "go on every SEC seconds (default 1), with rates" },
	{ 't', "top", "N", OPT_COUNT, offsetof(struct values, top), 1, TOP_MAX,
	  "the first N; default all (20 with -w as text)" },
	{ 's', "sort", "COL", OPT_COLUMN, offsetof(struct values, sort), 0, 0,
	  "largest first, see below; default packets" },
	{ 0 },
};

struct query {
	const struct cmd_context *context;
	const char *device;
	struct device *dev;
	struct fl_match match;
	char words[MATCH_MAX]; /* match */
	enum flow_column sort;
	size_t top;
	struct fl_error *error;
};

static const char effect_words[] =
#define EFFECT(id, label, help) label ", "
#include <faultline/effects.def>
#undef EFFECT
	"";

static int parse_sort(const char *word, enum flow_column *sort,
		      struct fl_error *error)
{
	char hint[NEAREST_HINT_MAX];
	const char *near;

	for (unsigned int i = 0; word && i < FLOW_COLUMN_COUNT; i++) {
		if (strcmp(word, flow_column_names[i]))
			continue;
		*sort = i;
		return 0;
	}
	if (!word)
		return 0;
	near = nearest_word(word, flow_column_names, FLOW_COLUMN_COUNT);
	if (near)
		return fl_fail(error, FL_EXIT_USAGE,
			       "\"--sort\": unknown column \"%.60s\"%s", word,
			       nearest_hint(near, "", hint));
	return fl_fail(error, FL_EXIT_USAGE,
		       "\"--sort\": unknown column \"%.60s\": use packets, "
		       "bytes, dropped, harmed, %sidle, or all but idle with "
		       "in. or out. before it",
		       word, effect_words);
}

/* A flow has no flags and no length: only its packets have. */
static int check_level(const struct fl_match *match, const char *word,
		       struct fl_error *error)
{
	static const struct {
		const char *words, *level;
	} fields[FL_FIELDS] = {
#define FIELD(id, words, type, level, ...) { words, #level },
#include <faultline/fields.def>
#undef FIELD
	};

	for (unsigned int i = 0; i < FL_FIELDS; i++) {
		if (match->present & 1u << i && strcmp(fields[i].level, "FLOW"))
			return fl_fail(error, FL_EXIT_USAGE,
				       "\"%s\" differs from packet to packet "
				       "and cannot select flows",
				       fields[i].words);
	}
	return word ? fl_fail(error, FL_EXIT_USAGE,
			      "\"%.60s\" is not a match keyword: \"faultline "
			      "help add\" lists them",
			      word) :
		      0;
}

static int parse_match(int argc, char **argv, struct fl_match *match,
		       struct fl_error *error)
{
	int taken = 1;

	while (argc && taken > 0) {
		taken = grammar_parse_match(argc, argv, match, error);
		if (taken > 0) {
			argc -= taken;
			argv += taken;
		}
	}
	if (taken < 0)
		return -taken;
	taken = check_level(match, argc ? argv[0] : NULL, error);
	return taken ? taken : grammar_check_match(match, error);
}

static int print(const struct query *query, struct sample_flows *sample,
		 const struct sample_flows *before, bool rates)
{
	struct out_flows flows = {
		.sample = sample,
		.tally = tally_both(sample->tally),
		.sort = query->sort,
		.match = query->words,
		.rates = rates,
		.before = before,
	};
	__u32 *order = flowsort(sample, query->sort, query->top, &flows.count);
	int err;

	if (!order)
		return fl_fail(query->error, FL_EXIT_ERROR, "out of memory");
	flows.order = order;
	err = query->context->out->flows(&flows, query->error);
	free(order);
	return err;
}

static int take(const struct query *query, struct sample_flows *sample)
{
	int err = device_flows(query->dev,
			       query->match.present ? &query->match : NULL,
			       sample, query->error);

	if (!err)
		device_health(query->dev, &sample->device);
	return err;
}

static int once(const struct query *query)
{
	struct sample_flows sample = { 0 };
	int err = take(query, &sample);

	if (err)
		return err;
	err = print(query, &sample, NULL, false);
	sample_flows_free(&sample);
	return err;
}

static int watch(struct query *query, __u64 interval_ns)
{
	struct sample_flows now = { 0 }, before = { 0 };
	bool rates = query->context->out->for_people, first = true;
	int err;

	watch_begin(interval_ns);
	do {
		err = take(query, &now);
		if (!err)
			err = cmd_follow(query->device, &now.device,
					 &query->dev, query->error);
		if (!err && rates)
			flowsort_by_key(&now);
		if (!err)
			err = print(query, &now,
				    rates && !first ? &before : NULL, rates);
		sample_flows_free(&before);
		before = now;
		now = (struct sample_flows){ 0 };
		first = false;
	} while (!err && watch_next());
	sample_flows_free(&before);
	return err;
}

static int run(const struct cmd_context *context, int argc, char **argv,
	       struct fl_error *error)
{
	const struct values *values = context->options;
	bool watched = values->watch.given;
	struct query query = {
		.context = context,
		.device = argc ? argv[0] : NULL,
		.top = values->top,
		.error = error,
	};
	int err = argc ? 0 : cmd_check_words(context, argc, argv, 1, 1, error);

	if (!err)
		err = parse_sort(values->sort, &query.sort, error);
	if (!err)
		err = parse_match(argc - 1, argv + 1, &query.match, error);
	if (!err)
		err = device_open(argv[0], &query.dev, error);
	if (err)
		return err;
	grammar_print_match(&query.match, query.words, sizeof(query.words));
	if (!query.top)
		query.top = watched && context->out->for_people ? TOP_WATCHED :
								  ~0ul;
	err = watched ? watch(&query, values->watch.value) : once(&query);
	device_close(query.dev);
	return err;
}

/* The words of those fields that all packets of a flow have in common. */
#define WORDS_FLOW(words) words ", "
#define WORDS_PACKET(words) ""

static const char about[] =
	"One row per flow since it was first seen. DROPPED counts both "
	"directions. When there are any, HARMED counts what was done to "
	"packets that went on, DELAYED those held for a while and REORDERED "
	"those that overtook them. LOCAL is this host, whichever side "
	"connected. For ICMP echo the port is the id. A wider terminal shows "
	"more columns, -j all of them. Flows that did not fit into the table "
	"(attach --flows) are in \"stats\" as evicted or untracked.\n"
	"\n"
	"COL: packets, bytes, dropped, harmed, idle,\n"
#define EFFECT(id, label, help) label ", "
#include <faultline/effects.def>
#undef EFFECT
	"\n"
	"or any but idle with in. or out. before it, such as in.dropped.\n"
	"MATCH, as in add, some of: "
#define FIELD(id, words, type, level, ...) WORDS_##level(words)
#include <faultline/fields.def>
#undef FIELD
	"of which all must apply.\n";

const struct cmd cmd_flows = {
	.name = "flows",
	.args = "DEV [-w [SEC]] [--top N] [--sort COL] [MATCH...]",
	.words = { CMD_DEVICE, CMD_MATCH },
	.summary = "per-flow counters, both directions in one row",
	.about = about,
	.examples = "  faultline flows eth0 --top 20 --sort dropped\n"
		    "  faultline flows eth0 -w 2 proto tcp local port 443\n"
		    "  faultline flows eth0 -j host 10.1.0.0/16 | "
		    "jq '.flows[].remote'\n",
	.options = rows,
	.options_size = sizeof(struct values),
	.run = run,
};
