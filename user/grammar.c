/* SPDX-License-Identifier: GPL-2.0-only */
#include "grammar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <netinet/in.h>

#include <faultline/decide.h>

#include "grammar_words.h"

/* What is left of the command line, and what it meant so far. */
struct parser {
	int argc;
	char *const *argv;
	struct fl_rule rule;
	__u32 options;		/* bit per enum grammar_option */
	const char *direction;	/* as said, or NULL */
	struct fl_error *error;
};

static void skip(struct parser *in, int words)
{
	in->argc -= words;
	in->argv += words;
}

/*
 * "loss" followed by "nht": the user may have meant another "loss ...". Typing
 * errors seldom hit the first letter: "burst" is not meant for "first".
 */
static const char *nearest_pair(const char *words, const char *bad)
{
	size_t length = strlen(words);
	const char *near;
	char pair[96];

	if ((size_t)snprintf(pair, sizeof(pair), "%s %s", words, bad) >=
	    sizeof(pair))
		return NULL;
	near = grammar_nearest_term(pair);
	if (!near || strncmp(near, words, length) || near[length] != ' ' ||
	    near[length + 1] != *bad)
		return NULL;
	return near;
}

static int bad_argument(const struct grammar_arg *arg, const char *words,
			const char *bad, int err, struct fl_error *error)
{
	char quoted[GRAMMAR_QUOTE_MAX], hint[128];
	const char *near = nearest_pair(words, bad);

	grammar_quote(bad, quoted);
	if (arg->type->hint)
		arg->type->hint(arg, hint, sizeof(hint));
	else
		snprintf(hint, sizeof(hint), "%s", arg->type->fixed_hint);
	if (err == -EOPNOTSUPP)
		return fl_fail(error, FL_EXIT_UNSUPPORTED,
			       "\"%s %s\" is not supported: %s", words, quoted,
			       hint);
	return fl_fail(error, FL_EXIT_USAGE,
		       "\"%s\": \"%s\" is not %s (%s)%s%s%s", words, quoted,
		       arg->argument, hint, near ? ": did you mean \"" : "",
		       near ? near : "", near ? "\"?" : "");
}

/* Reads the argument @arg of the term @words into *@value, if it takes one. */
static int take_argument(struct parser *in, const struct grammar_arg *arg,
			 const char *words, void *value)
{
	int err;

	if (!arg->type->parse)
		return 0;
	if (!in->argc)
		return fl_fail(in->error, FL_EXIT_USAGE, "\"%s\" needs %s",
			       words, arg->argument);
	err = arg->type->parse(arg, in->argv[0], value);
	if (err)
		return bad_argument(arg, words, in->argv[0], err, in->error);
	skip(in, 1);
	return 0;
}

static int given_twice(const char *words, struct fl_error *error)
{
	return fl_fail(error, FL_EXIT_USAGE, "\"%s\" is given twice", words);
}

static int take_direction(struct parser *in, const struct grammar_word *word)
{
	if (in->direction)
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "the direction is given twice: \"%s\" and "
			       "\"%s\" (both directions are \"both\")",
			       in->direction, word->words);
	in->direction = word->words;
	in->rule.directions = word->id;
	return 0;
}

static int take_field(struct parser *in, const struct grammar_word *word,
		      struct fl_match *match)
{
	const struct grammar_arg *arg = &grammar_fields[word->id];
	void *value = (char *)match + arg->offset;
	int err;

	if (match->present & 1u << word->id)
		return given_twice(word->words, in->error);
	err = take_argument(in, arg, word->words, value);
	if (err)
		return err;
	if (arg->type == &type_PRESENT)
		*(__u16 *)value = 1;
	match->present |= 1u << word->id;
	return 0;
}

/* A rule holds one impairment of each category. */
static int check_category(struct parser *in, __u32 kind)
{
	struct grammar_impair new = grammar_impair(kind);

	for (__u32 i = 0; i < in->rule.impair_count; i++) {
		__u32 held = in->rule.impairs[i].kind;
		struct grammar_impair old = grammar_impair(held);

		if (held == kind)
			return given_twice(new.words, in->error);
		if (!strcmp(old.category, new.category))
			return fl_fail(in->error, FL_EXIT_USAGE,
				       "\"%s\" and \"%s\" exclude each other: "
				       "a rule takes only one of them",
				       old.words, new.words);
	}
	if (in->rule.impair_count == FL_IMPAIRS_MAX)
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "\"%s\" is too much: a rule takes at most %d "
			       "impairments", new.words, FL_IMPAIRS_MAX);
	return 0;
}

/* In the order of the table, so that the order of words cannot matter. */
static void add_impair(struct fl_rule *rule, const struct fl_impair *impair)
{
	__u32 at = rule->impair_count++;

	for (; at && rule->impairs[at - 1].kind > impair->kind; at--)
		rule->impairs[at] = rule->impairs[at - 1];
	rule->impairs[at] = *impair;
}

static int take_impair(struct parser *in, const struct grammar_word *word)
{
	struct grammar_impair row = grammar_impair(word->id);
	struct fl_impair impair = { .kind = word->id };
	int err = check_category(in, word->id);

	for (size_t i = 0; i < row.param_count && !err; i++) {
		const struct grammar_arg *arg = &row.params[i];

		err = take_argument(in, arg, row.words,
				    (char *)&impair.u + arg->offset);
	}
	if (err)
		return err;
	impair.wrap_at = fl_number_wrap(&impair);
	add_impair(&in->rule, &impair);
	return 0;
}

static int take_option(struct parser *in, const struct grammar_word *word)
{
	const struct grammar_arg *arg = &grammar_options[word->id];

	if (in->options & 1u << word->id)
		return given_twice(word->words, in->error);
	in->options |= 1u << word->id;
	in->rule.flags |= arg->flag;
	return take_argument(in, arg, word->words,
			     (char *)&in->rule + arg->offset);
}

static int unknown_word(const char *word, struct fl_error *error)
{
	const char *near = grammar_nearest_term(word);
	char quoted[GRAMMAR_QUOTE_MAX];

	grammar_quote(word, quoted);
	if (near)
		return fl_fail(error, FL_EXIT_USAGE,
			       "unknown word \"%s\": did you mean \"%s\"?",
			       quoted, near);
	return fl_fail(error, FL_EXIT_USAGE, "unknown word \"%s\"", quoted);
}

static int take_term(struct parser *in)
{
	const struct grammar_word *word;
	int taken;

	word = grammar_find(in->argc, in->argv, &taken);
	if (!word)
		return unknown_word(in->argv[0], in->error);
	skip(in, taken);
	switch (word->class) {
	case GRAMMAR_DIRECTION:
		return take_direction(in, word);
	case GRAMMAR_FIELD:
		return take_field(in, word, &in->rule.match);
	case GRAMMAR_IMPAIR:
		return take_impair(in, word);
	case GRAMMAR_OPTION:
		break;
	}
	return take_option(in, word);
}

static int check_proto(const struct fl_match *match, __u32 field,
		       struct fl_error *error)
{
	const struct grammar_arg *arg = &grammar_fields[field];
	bool tcp = arg->type == &type_TCPFLAGS;
	bool ports = arg->type == &type_PORTS || field == FL_FIELD_PAYLOAD;
	char proto[16];

	if (!(match->present & 1u << FL_FIELD_PROTO) || !(tcp || ports) ||
	    match->proto == IPPROTO_TCP)
		return 0;
	if (!tcp && (match->proto == IPPROTO_UDP ||
		     match->proto == IPPROTO_SCTP))
		return 0;
	type_PROTO.print(&match->proto, proto, sizeof(proto));
	return fl_fail(error, FL_EXIT_USAGE, "\"%s\" needs proto %s, not %s",
		       grammar_field_words(field),
		       tcp ? "tcp" : "tcp, udp or sctp", proto);
}

static int check_families(const struct fl_match *match, struct fl_error *error)
{
	const struct fl_prefix *first = NULL, *prefix;
	const char *first_words = NULL, *words;

	for (__u32 field = 0; field < FL_FIELDS; field++) {
		if (!(match->present & 1u << field) ||
		    grammar_fields[field].type != &type_PREFIX)
			continue;
		prefix = (const void *)((const char *)match +
					grammar_fields[field].offset);
		words = grammar_field_words(field);
		if (first && first->family != prefix->family)
			return fl_fail(error, FL_EXIT_USAGE,
				       "\"%s\" is IPv%u and \"%s\" is IPv%u: "
				       "no packet is both", first_words,
				       first->family, words, prefix->family);
		first = prefix;
		first_words = words;
	}
	return 0;
}

int grammar_check_match(const struct fl_match *match, struct fl_error *error)
{
	int err = 0;

	for (__u32 field = 0; field < FL_FIELDS && !err; field++) {
		if (match->present & 1u << field)
			err = check_proto(match, field, error);
	}
	return err ? err : check_families(match, error);
}

/* The first words of all impairments: "loss, blackhole, fail". */
static void list_impairs(char *text, size_t size)
{
	size_t used = 0, last_length = 0;
	const char *last = "";

	*text = '\0';
	for (__u32 kind = 1; kind < FL_IMPAIR_KINDS && used < size; kind++) {
		const char *words = grammar_impair(kind).words;
		size_t length = strcspn(words, " ");

		if (length == last_length && !strncmp(words, last, length))
			continue;
		used += (size_t)snprintf(text + used, size - used, "%s%.*s",
					 used ? ", " : "", (int)length, words);
		last = words;
		last_length = length;
	}
}

static int check_impairs(const struct fl_rule *rule, struct fl_error *error)
{
	char known[160];

	if (!rule->impair_count) {
		list_impairs(known, sizeof(known));
		return fl_fail(error, FL_EXIT_USAGE,
			       "what to do to the packets is missing: one of "
			       "%s", known);
	}
	for (__u32 i = 0; i < rule->impair_count; i++) {
		struct grammar_impair row =
			grammar_impair(rule->impairs[i].kind);
		bool out = row.directions == FL_DIR_OUT;

		if (!(rule->directions & ~row.directions))
			continue;
		return fl_fail(error, FL_EXIT_UNSUPPORTED,
			       "%s works only on %s packets: say %s", row.words,
			       out ? "outgoing" : "incoming",
			       out ? "out" : "in");
	}
	return 0;
}

int grammar_parse_rule(int argc, char *const argv[], struct fl_rule *rule,
		       struct fl_error *error)
{
	struct parser in = {
		.argc = argc,
		.argv = argv,
		.error = error,
		.rule = {
			.prio = FL_PRIO_DEFAULT,
			.directions = FL_DIR_BOTH,
			.lease_ns = FL_LEASE_DEFAULT_NS,
		},
	};
	int err = 0;

	while (in.argc > 0 && !err)
		err = take_term(&in);
	if (!err)
		err = grammar_check_match(&in.rule.match, error);
	if (!err)
		err = check_impairs(&in.rule, error);
	if (!err)
		*rule = in.rule;
	return err;
}

int grammar_parse_match(int argc, char *const argv[], struct fl_match *match,
			struct fl_error *error)
{
	struct parser in = { .error = error };
	const struct grammar_word *word;
	int taken, err;

	word = grammar_find(argc, argv, &taken);
	if (!word || word->class != GRAMMAR_FIELD)
		return 0;
	in.argc = argc - taken;
	in.argv = argv + taken;
	err = take_field(&in, word, match);
	return err ? -err : argc - in.argc;
}
