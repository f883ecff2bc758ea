/* SPDX-License-Identifier: GPL-2.0-only */
/* The front of a line for tc, up to "netem" (tc_qdisc.c of iproute2 6.x). */
#include "line.h"

#include <string.h>

#include "base/nearest.h"

struct line {
	const char *device;
	struct reader *in;
	char *const *start; /* in->argv before the first word was taken */
	struct netem_request *request;
};

static bool is_untouched(const struct line *line)
{
	return line->in->argv == line->start;
}

/* Where at least one word was taken. */
static int missing(const struct line *line, const char *word)
{
	return fl_fail(line->in->error, FL_EXIT_USAGE,
		       "\"%s\" is missing after \"%.60s\"", word,
		       line->in->argv[-1]);
}

/* "tc" may be missing, and tc lets "qdisc" be abbreviated. */
static int take_object(struct line *line)
{
	struct reader *in = line->in;
	bool tc = reader_next_is(in, "tc");
	const char *word;

	if (tc)
		reader_next(in);
	else if (!reader_next_is(in, "qdisc"))
		return 0;
	if (!in->argc)
		return missing(line, "qdisc");
	word = reader_next(in);
	if (reader_abbreviates(word, "qdisc"))
		return 0;
	return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
		       "\"tc %.60s\" has no equivalent: only \"tc qdisc\" "
		       "takes netem",
		       word);
}

static const char *const verbs[] = { "add", "change", "replace", "link" };

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int take_verb(struct line *line)
{
	struct reader *in = line->in;
	char hint[NEAREST_HINT_MAX];
	const char *word, *near;

	if (is_untouched(line) && !reader_next_is_any(in, verbs, VERBS))
		return 0;
	if (!in->argc)
		return missing(line, "add");
	word = reader_next(in);
	for (size_t i = 0; i < VERBS; i++) {
		if (!reader_abbreviates(word, verbs[i]))
			continue;
		line->request->instead = i ? verbs[i] : NULL;
		return 0;
	}
	if (reader_abbreviates(word, "delete"))
		return fl_fail(
			in->error, FL_EXIT_UNSUPPORTED,
			"\"%.60s\" does not make a rule; \"faultline del "
			"%s NAME\" deletes one",
			word, line->device);
	near = nearest_word(word, verbs, VERBS);
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"tc qdisc %.60s\" does not make a rule%s", word,
		       nearest_hint(near, "", hint));
}

static int check_device(const struct line *line, const char *device)
{
	if (!strcmp(device, line->device))
		return 0;
	return fl_fail(
		line->in->error, FL_EXIT_USAGE,
		"\"dev %.60s\": the rule is for %.60s%s", device, line->device,
		strncmp(device, "ifb", 3) ?
			"" :
			"; if the ifb carries its incoming packets, leave "
			"out \"dev\" and append \"-- in\"");
}

/* Other keywords that tc allows before the kind of the qdisc. */
static int other_word(struct reader *in, const char *word)
{
	static const char *const known[] = {
		"estimator",	"stab",	   "ingress_block",
		"egress_block", "ingress", "clsact",
	};
	static const char *const meant[] = {
		"dev", "handle", "root", "parent", "netem",
	};
	const char *near = nearest_word(word, meant, 5);
	char hint[NEAREST_HINT_MAX];

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!strcmp(word, known[i]))
			return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
				       "\"%s\" has no equivalent", word);
	}
	if (near)
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "unknown tc keyword \"%.60s\"%s", word,
			       nearest_hint(near, "", hint));
	return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
		       "qdisc \"%.60s\" has no equivalent; only netem does",
		       word);
}

static int take_place(struct line *line)
{
	struct reader *in = line->in;
	const char *word = reader_next(in), *value;

	if (!strcmp(word, "root"))
		return 0;
	if (strcmp(word, "dev") && strcmp(word, "handle") &&
	    strcmp(word, "parent"))
		return other_word(in, word);
	if (!in->argc)
		return fl_fail(in->error, FL_EXIT_USAGE, "\"%s\" needs %s",
			       word,
			       *word == 'd' ? "a device" :
			       *word == 'h' ? "a handle, such as 1:" :
					      "a class, such as 1:1");
	value = reader_next(in);
	if (*word == 'd')
		return check_device(line, value);
	if (*word == 'p' && strcmp(value, "root"))
		line->request->parent = value;
	return 0;
}

int netem_read_line(const char *device, struct reader *in,
		    struct netem_request *request)
{
	static const char *const places[] = {
		"dev", "handle", "root", "parent", "netem",
	};
	struct line line = {
		.device = device,
		.in = in,
		.start = in->argv,
		.request = request,
	};
	int err = take_object(&line);

	if (!err)
		err = take_verb(&line);
	if (err || (is_untouched(&line) && !reader_next_is_any(in, places, 5)))
		return err;
	while (in->argc && !reader_next_is(in, "netem") && !err)
		err = take_place(&line);
	if (err)
		return err;
	if (!in->argc)
		return missing(&line, "netem");
	reader_next(in);
	return 0;
}
