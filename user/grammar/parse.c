/* SPDX-License-Identifier: GPL-2.0-only */
/* From words to a rule. */
#include "grammar.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <faultline/category.h>
#include <faultline/decide.h>

#include "base/nearest.h"
#include "base/unit.h"
#include "check.h"
#include "next.h"
#include "types.h"
#include "words.h"

/* The remaining words, and what was read so far. */
struct parser {
	int argc;
	char *const *argv;
	struct fl_rule rule;
	__u32 options;	       /* bit per enum grammar_option */
	const char *direction; /* the keyword given, or NULL */
	struct fl_error *error;
	struct grammar_next *next; /* asked for, or NULL */
};

static void skip(struct parser *in, int words)
{
	in->argc -= words;
	in->argv += words;
}

/*
 * After "loss nht", the user may have meant another "loss ...". Typing errors
 * seldom hit the first letter, so "burst" is not taken for "first".
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

#define HINT_MAX 128

/* In words what a good argument is: "a percentage such as 1% or 0.05%". */
static const char *hint_for(const struct grammar_arg *arg, char hint[HINT_MAX])
{
	if (!arg->type->hint)
		return arg->type->fixed_hint;
	arg->type->hint(arg, hint, HINT_MAX);
	return hint;
}

static int bad_argument(const struct grammar_arg *arg, int err,
			const char *words, const char *bad,
			struct fl_error *error)
{
	char quoted[GRAMMAR_QUOTE_MAX], hint[HINT_MAX], end[NEAREST_HINT_MAX];

	if (err == -EDOM)
		return fl_fail(error, FL_EXIT_USAGE,
			       "\"%s\": \"%s\" would be rounded to 0%% or "
			       "100%%: the least step is 0.00000002%%",
			       words, grammar_quote(bad, quoted));
	return fl_fail(error, FL_EXIT_USAGE, "\"%s\": \"%s\" is not %s%s",
		       words, grammar_quote(bad, quoted), hint_for(arg, hint),
		       nearest_hint(nearest_pair(words, bad), "", end));
}

/* Reads the argument @arg of the term @words into *@value, if it takes one. */
static int take_argument(struct parser *in, const struct grammar_arg *arg,
			 const char *words, void *value)
{
	char hint[HINT_MAX];
	int err;

	if (!arg->type->parse)
		return 0;
	if (!in->argc) {
		next_argument(in->next, arg);
		return fl_fail(in->error, FL_EXIT_USAGE, "\"%s\" needs %s",
			       words, hint_for(arg, hint));
	}
	err = arg->type->parse(arg, in->argv[0], value);
	if (err)
		return bad_argument(arg, err, words, in->argv[0], in->error);
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
			       "the direction is given twice, \"%s\" and "
			       "\"%s\": for both, write \"both\"",
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

static int check_others(struct parser *in, __u32 kind)
{
	struct grammar_impair new = grammar_impair(kind);

	for (__u32 i = 0; i < in->rule.impair_count; i++) {
		__u32 held = in->rule.impairs[i].kind;
		struct grammar_impair old = grammar_impair(held);

		if (held == kind)
			return given_twice(new.words, in->error);
		if (fl_exclude(held, kind))
			return fl_fail(
				in->error, FL_EXIT_USAGE,
				"\"%s\" and \"%s\" cannot be combined in "
				"one rule",
				old.words, new.words);
	}
	if (in->rule.impair_count == FL_IMPAIRS_MAX)
		return fl_fail(in->error, FL_EXIT_USAGE,
			       "one impairment too many, \"%s\": a rule takes "
			       "at most %d",
			       new.words, FL_IMPAIRS_MAX);
	return 0;
}

/* Sorted as in the table, so that the order of the words does not matter. */
static void add_impair(struct fl_rule *rule, const struct fl_impair *impair)
{
	__u32 at = rule->impair_count++;

	for (; at && rule->impairs[at - 1].kind > impair->kind; at--)
		rule->impairs[at] = rule->impairs[at - 1];
	rule->impairs[at] = *impair;
}

/* An optional argument is present if the next word is valid for it, or looks
 * like a number: no other term begins with one. */
static bool is_left_out(const struct parser *in, const struct grammar_arg *arg)
{
	union grammar_value scratch;

	if (!in->argc) {
		next_argument(in->next, arg);
		return true;
	}
	return !strchr("0123456789.-", in->argv[0][0]) &&
	       arg->type->parse(arg, in->argv[0], &scratch);
}

static int take_positional(struct parser *in, const struct grammar_impair *row,
			   const struct grammar_arg *arg,
			   struct fl_impair *impair)
{
	void *value = grammar_arg_value(arg, &in->rule, impair);

	if (arg->initial != GRAMMAR_MUST && is_left_out(in, arg)) {
		if (arg->initial == GRAMMAR_REST)
			*(__u32 *)value = FL_P_ONE - *(__u32 *)&impair->u;
		return 0;
	}
	return take_argument(in, arg, row->words, value);
}

/* Whether the next word begins @arg. */
static bool is_next(const struct parser *in, const struct grammar_arg *arg)
{
	size_t length = strcspn(arg->argument, " ");
	union grammar_value scratch;

	if (!grammar_is_keyword(arg))
		return false;
	if (!arg->argument[length])
		return !arg->type->parse(arg, in->argv[0], &scratch);
	return strlen(in->argv[0]) == length &&
	       !strncmp(in->argv[0], arg->argument, length);
}

static int take_keyword(struct parser *in, const struct grammar_impair *row,
			const struct grammar_arg *arg, struct fl_impair *impair)
{
	void *value = grammar_arg_value(arg, &in->rule, impair);
	char words[64];

	snprintf(words, sizeof(words), "%s ... %s", row->words, in->argv[0]);
	if (strchr(arg->argument, ' '))
		skip(in, 1);
	return take_argument(in, arg, words, value);
}

/* In any order. One given already may be another term: "payload". */
static int take_keywords(struct parser *in, const struct grammar_impair *row,
			 struct fl_impair *impair)
{
	__u32 seen = 0;
	int err = 0;

	while (in->argc && !err) {
		size_t i = 0;
		char words[64];
		int taken;

		while (i < row->param_count && !is_next(in, &row->params[i]))
			i++;
		if (i == row->param_count)
			break;
		if (seen & 1u << i) {
			if (grammar_find(in->argc, in->argv, &taken))
				break;
			snprintf(words, sizeof(words), "%s ... %s", row->words,
				 in->argv[0]);
			return given_twice(words, in->error);
		}
		seen |= 1u << i;
		err = take_keyword(in, row, &row->params[i], impair);
	}
	if (!err && !in->argc)
		next_keywords(in->next, row, seen);
	return err;
}

static void set_defaults(const struct grammar_impair *row,
			 struct fl_impair *impair)
{
	for (size_t i = 0; i < row->param_count; i++) {
		const struct grammar_arg *arg = &row->params[i];
		__u32 initial = (__u32)arg->initial;

		if (arg->initial != GRAMMAR_MUST &&
		    arg->initial != GRAMMAR_REST && initial)
			memcpy((char *)&impair->u + arg->offset, &initial,
			       sizeof(initial));
	}
}

static int take_impair(struct parser *in, const struct grammar_word *word)
{
	struct grammar_impair row = grammar_impair(word->id);
	struct fl_impair impair = { .kind = word->id };
	int err = check_others(in, word->id);

	set_defaults(&row, &impair);
	for (size_t i = 0; i < row.param_count && !err; i++) {
		if (!grammar_is_keyword(&row.params[i]))
			err = take_positional(in, &row, &row.params[i],
					      &impair);
	}
	if (!err)
		err = take_keywords(in, &row, &impair);
	if (!err)
		err = grammar_check_params(&in->rule, &impair, in->error);
	if (err)
		return err;
	fl_prepare(&impair);
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

/* "loss 1% 25%" is netem's correlation, which does not do what it promises. */
static bool is_correlation(const struct fl_rule *rule, const char *word)
{
	__u32 fraction;

	return !unit_parse_percent(word, &fraction) && rule->impair_count &&
	       rule->impairs[rule->impair_count - 1].kind == FL_IMPAIR_LOSS;
}

/* The impairment that has a keyword @word, or NULL. */
static const char *find_owner(const char *word)
{
	size_t length = strlen(word);

	for (__u32 kind = 1; kind < FL_IMPAIR_KINDS; kind++) {
		struct grammar_impair row = grammar_impair(kind);

		for (size_t i = 0; i < row.param_count; i++) {
			const char *argument = row.params[i].argument;

			if (grammar_is_keyword(&row.params[i]) &&
			    strcspn(argument, " ") == length &&
			    !strncmp(argument, word, length))
				return row.words;
		}
	}
	return NULL;
}

static int unknown_word(const struct fl_rule *rule, const char *word,
			struct fl_error *error)
{
	const char *near = grammar_nearest_term(word);
	char hint[NEAREST_HINT_MAX];
	const char *owner = find_owner(word);
	char quoted[GRAMMAR_QUOTE_MAX];

	grammar_quote(word, quoted);
	if (is_correlation(rule, word))
		return fl_fail(error, FL_EXIT_USAGE,
			       "unknown keyword \"%s\": netem's correlation is "
			       "\"loss netem P%% %s\", which does not keep the "
			       "rate P; \"loss P%% burst N\" does",
			       quoted, quoted);
	if (owner)
		return fl_fail(error, FL_EXIT_USAGE,
			       "\"%s\" only follows \"%s\"", quoted, owner);
	return fl_fail(error, FL_EXIT_USAGE, "unknown keyword \"%s\"%s", quoted,
		       nearest_hint(near, "", hint));
}

static int take_term(struct parser *in)
{
	const struct grammar_word *word;
	int taken;

	if (in->argc == 1)
		next_terms(in->next, in->argv[0], &in->rule, in->options,
			   in->direction);
	word = grammar_find(in->argc, in->argv, &taken);
	if (!word)
		return unknown_word(&in->rule, in->argv[0], in->error);
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

static int take_terms(struct parser *in)
{
	int err = 0;

	in->rule = (struct fl_rule){
		.prio = FL_PRIO_DEFAULT,
		.directions = FL_DIR_BOTH,
		.lease_ns = FL_LEASE_DEFAULT_NS,
	};
	while (in->argc > 0 && !err)
		err = take_term(in);
	return err;
}

void grammar_next(int argc, char *const argv[], struct grammar_next *next)
{
	struct fl_error ignored;
	struct parser in = {
		.argc = argc,
		.argv = argv,
		.error = &ignored,
		.next = next,
	};

	if (!take_terms(&in))
		next_terms(next, "", &in.rule, in.options, in.direction);
}

int grammar_parse_rule(int argc, char *const argv[], struct fl_rule *rule,
		       struct fl_error *error)
{
	struct parser in = { .argc = argc, .argv = argv, .error = error };
	int err = take_terms(&in);

	if (!err)
		err = grammar_check_match(&in.rule.match, error);
	if (!err)
		err = grammar_check_fields(&in.rule, error);
	if (!err)
		err = grammar_check_impairs(&in.rule, error);
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
