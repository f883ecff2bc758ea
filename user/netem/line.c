/* SPDX-License-Identifier: GPL-2.0-only */
/* The front of a line for tc, up to "netem" (tc_qdisc.c of iproute2 6.x). */
#include "read.h"

#include "grammar/grammar.h"

struct line {
	const char *device;
	int argc, taken;
	char *const *argv;
	struct netem_request *request;
	struct fl_error *error;
};

static const char *next_word(struct line *in)
{
	return in->argv[in->taken++];
}

static bool next_is(const struct line *in, const char *word)
{
	return in->taken < in->argc && !strcmp(in->argv[in->taken], word);
}

static bool next_is_any(const struct line *in, const char *const words[],
			size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (next_is(in, words[i]))
			return true;
	}
	return false;
}

static int missing(struct line *in, const char *word)
{
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"%s\" is missing after \"%.60s\"", word,
		       in->argv[in->taken - 1]);
}

/* "tc" may be missing, and tc lets "qdisc" be abbreviated. */
static int take_object(struct line *in)
{
	bool tc = next_is(in, "tc");
	const char *word;

	in->taken += tc;
	if (!tc && !next_is(in, "qdisc"))
		return 0;
	if (in->taken == in->argc)
		return missing(in, "qdisc");
	word = next_word(in);
	if (netem_abbreviates(word, "qdisc"))
		return 0;
	return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
		       "\"tc %.60s\" has no equivalent: only \"tc qdisc\" "
		       "takes netem",
		       word);
}

static const char *const verbs[] = { "add", "change", "replace", "link" };

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int take_verb(struct line *in)
{
	const char *word, *near;

	if (!in->taken && !next_is_any(in, verbs, VERBS))
		return 0;
	if (in->taken == in->argc)
		return missing(in, "add");
	word = next_word(in);
	for (size_t i = 0; i < VERBS; i++) {
		if (!netem_abbreviates(word, verbs[i]))
			continue;
		in->request->instead = i ? verbs[i] : NULL;
		return 0;
	}
	if (netem_abbreviates(word, "delete"))
		return fl_fail(
			in->error, FL_EXIT_UNSUPPORTED,
			"\"%.60s\" does not make a rule; \"faultline del "
			"%s NAME\" deletes one",
			word, in->device);
	near = grammar_nearest(word, verbs, VERBS);
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"tc qdisc %.60s\" does not make a rule%s%s%s", word,
		       near ? ": did you mean \"" : "", near ? near : "",
		       near ? "\"?" : "");
}

static int check_device(struct line *in, const char *device)
{
	if (!strcmp(device, in->device))
		return 0;
	return fl_fail(
		in->error, FL_EXIT_USAGE,
		"\"dev %.60s\": the rule is for %.60s%s", device, in->device,
		strncmp(device, "ifb", 3) ?
			"" :
			"; if the ifb carries its incoming packets, leave "
			"out \"dev\" and append \"-- in\"");
}

/* Other keywords that tc allows before the kind of the qdisc. */
static int other_word(struct line *in, const char *word)
{
	static const char *const known[] = {
		"estimator",	"stab",	   "ingress_block",
		"egress_block", "ingress", "clsact",
	};
	static const char *const meant[] = {
		"dev", "handle", "root", "parent", "netem",
	};
	const char *near = grammar_nearest(word, meant, 5);

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (!strcmp(word, known[i]))
			return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
				       "\"%s\" has no equivalent", word);
	}
	if (near)
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "unknown tc keyword \"%.60s\": did you mean "
			       "\"%s\"?",
			       word, near);
	return fl_fail(in->error, FL_EXIT_UNSUPPORTED,
		       "qdisc \"%.60s\" has no equivalent; only netem does",
		       word);
}

static int take_place(struct line *in)
{
	const char *word = next_word(in), *value;

	if (!strcmp(word, "root"))
		return 0;
	if (strcmp(word, "dev") && strcmp(word, "handle") &&
	    strcmp(word, "parent"))
		return other_word(in, word);
	if (in->taken == in->argc)
		return fl_fail(in->error, FL_EXIT_USAGE, "\"%s\" needs %s",
			       word,
			       *word == 'd' ? "a device" :
			       *word == 'h' ? "a handle, such as 1:" :
					      "a class, such as 1:1");
	value = next_word(in);
	if (*word == 'd')
		return check_device(in, value);
	if (*word == 'p' && strcmp(value, "root"))
		in->request->parent = value;
	return 0;
}

int netem_read_line(const char *device, int argc, char *const argv[],
		    struct netem_request *request, int *taken,
		    struct fl_error *error)
{
	static const char *const places[] = {
		"dev", "handle", "root", "parent", "netem",
	};
	struct line in = {
		.device = device,
		.argc = argc,
		.argv = argv,
		.request = request,
		.error = error,
	};
	int err = take_object(&in);

	if (!err)
		err = take_verb(&in);
	*taken = 0;
	if (err || (!in.taken && !next_is_any(&in, places, 5)))
		return err;
	while (in.taken < argc && !next_is(&in, "netem") && !err)
		err = take_place(&in);
	if (!err && in.taken == argc)
		err = missing(&in, "netem");
	if (!err)
		*taken = in.taken + 1;
	return err;
}
