/* SPDX-License-Identifier: GPL-2.0-only */
/* What may come next. */
#include "next.h"

#include <stdio.h>
#include <string.h>

#include <faultline/category.h>

#define WORD_MAX 32

static void offer(struct grammar_next *next, const char *words, size_t length)
{
	char word[WORD_MAX];

	snprintf(word, sizeof(word), "%.*s", (int)length, words);
	next->word(next->to, word);
}

/* "TIME|forever": small letters stand for themselves. */
static void offer_choices(struct grammar_next *next, const char *choices)
{
	while (*choices) {
		size_t length = strcspn(choices, "|");

		if (*choices >= 'a' && *choices <= 'z')
			offer(next, choices, length);
		if (length == 4 && !strncmp(choices, "FILE", length))
			next->file = true;
		choices += length + (choices[length] == '|');
	}
}

void next_argument(struct grammar_next *next, const struct grammar_arg *arg)
{
	const char *name;

	if (!next)
		return;
	offer_choices(next, grammar_argument(arg));
	for (unsigned int i = 0; arg->type->name; i++) {
		name = arg->type->name(i);
		if (!name)
			break;
		next->word(next->to, name);
	}
}

void next_keywords(struct grammar_next *next, const struct grammar_impair *row,
		   __u32 seen)
{
	for (size_t i = 0; next && i < row->param_count; i++) {
		const char *argument = row->params[i].argument;

		if (seen & 1u << i || !grammar_is_keyword(&row->params[i]))
			continue;
		if (strchr(argument, ' '))
			offer(next, argument, strcspn(argument, " "));
		else
			offer_choices(next, argument);
	}
}

/* What the rows of match fields say that the parser need not know. */
static const struct {
	bool of_flow;
	__u32 directions;
} fields[FL_FIELDS] = {
#define LEVEL_FLOW true
#define LEVEL_PACKET false
#define FIELD(id, words, type, level, directions, ...) \
	{ LEVEL_##level, directions },
#include <faultline/fields.def>
#undef FIELD
};

static bool joins_impair(const struct fl_rule *rule, __u32 kind)
{
	for (__u32 i = 0; i < rule->impair_count; i++) {
		__u32 held = rule->impairs[i].kind;

		if (held == kind || fl_exclude(held, kind))
			return false;
	}
	return rule->impair_count < FL_IMPAIRS_MAX;
}

static bool joins(const struct grammar_next *next,
		  const struct grammar_word *term, const struct fl_rule *rule,
		  __u32 options, const char *direction)
{
	__u32 asked = direction ? rule->directions : 0;

	if (next->flows && term->class != GRAMMAR_FIELD)
		return false;
	switch (term->class) {
	case GRAMMAR_DIRECTION:
		return !direction;
	case GRAMMAR_FIELD:
		return !(rule->match.present & 1u << term->id) &&
		       !(asked & ~fields[term->id].directions) &&
		       (!next->flows || fields[term->id].of_flow);
	case GRAMMAR_IMPAIR:
		return !(asked & ~grammar_impair(term->id).directions) &&
		       joins_impair(rule, term->id);
	case GRAMMAR_OPTION:
		break;
	}
	return !(options & 1u << term->id);
}

/* @first is "" or one word; what of @words may follow it, or NULL. */
static const char *rest_after(const char *words, const char *first)
{
	size_t length = strlen(first);

	if (!length)
		return words;
	return strncmp(words, first, length) || words[length] != ' ' ?
		       NULL :
		       words + length + 1;
}

void next_terms(struct grammar_next *next, const char *first,
		const struct fl_rule *rule, __u32 options,
		const char *direction)
{
	for (size_t i = 0; next && i < grammar_word_count; i++) {
		const char *rest = rest_after(grammar_words[i].words, first);

		if (rest &&
		    joins(next, &grammar_words[i], rule, options, direction))
			offer(next, rest, strcspn(rest, " "));
	}
}
