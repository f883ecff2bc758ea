/* SPDX-License-Identifier: GPL-2.0-only */
/* Rules as words and as JSON. */
#include "grammar.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <faultline/category.h>

#include <jansson.h>

#include "models.h"
#include "params.h"
#include "times.h"
#include "words.h"

/* Where the text does not fit, @used goes on counting, as snprintf() does. */
struct output {
	char *text;
	size_t size, used;
};

static void __attribute__((format(printf, 2, 3)))
put(struct output *out, const char *format, ...)
{
	size_t room = out->used < out->size ? out->size - out->used : 0;
	va_list args;

	va_start(args, format);
	out->used += (size_t)vsnprintf(room ? out->text + out->used : NULL,
				       room, format, args);
	va_end(args);
}

/* Appends a word or several; all but the first get a blank before them. */
static void put_word(struct output *out, const char *word)
{
	put(out, "%s%s", out->used ? " " : "", word);
}

static struct output output_to(char *text, size_t size)
{
	if (size)
		*text = '\0';
	return (struct output){ .text = text, .size = size };
}

/* A value that prints as nothing is left out with its keyword. */
static void put_value(struct output *out, const struct grammar_arg *arg,
		      const void *value)
{
	size_t keyword = (size_t)(grammar_argument(arg) - arg->argument);
	char text[GRAMMAR_VALUE_MAX];

	if (!arg->type->print)
		return;
	arg->type->print(value, text, sizeof(text));
	if (!*text)
		return;
	put(out, "%s%.*s%s", out->used ? " " : "", (int)keyword, arg->argument,
	    text);
}

static void put_argument(struct output *out, const struct grammar_arg *arg,
			 const void *base)
{
	put_value(out, arg, (const char *)base + arg->offset);
}

/* The printers only read. */
static const void *param_value(const struct grammar_arg *arg,
			       const struct fl_rule *rule, __u32 number)
{
	return grammar_arg_value(arg, (struct fl_rule *)rule,
				 (struct fl_impair *)&rule->impairs[number]);
}

static void put_match(struct output *out, const struct fl_match *match)
{
	for (__u32 field = 0; field < FL_FIELDS; field++) {
		if (!(match->present & 1u << field))
			continue;
		put_word(out, grammar_field_words(field));
		put_argument(out, &grammar_fields[field], match);
	}
}

/*
 * How many positional parameters to print. Defaults at the end are left out,
 * except those of a model, whose numbers belong together.
 */
static size_t count_said(const struct grammar_impair *row,
			 const struct fl_rule *rule, __u32 number)
{
	size_t said = row->param_count;

	if (fl_category_of(rule->impairs[number].kind) == FL_CATEGORY_LOSS)
		return said;
	while (said && (grammar_is_keyword(&row->params[said - 1]) ||
			grammar_is_default(&row->params[said - 1],
					   param_value(&row->params[said - 1],
						       rule, number))))
		said--;
	return said;
}

static void put_impair(struct output *out, const struct fl_rule *rule,
		       __u32 number)
{
	struct grammar_impair row = grammar_impair(rule->impairs[number].kind);
	size_t said;

	if (!row.words)
		return;
	put_word(out, row.words);
	said = count_said(&row, rule, number);
	for (size_t i = 0; i < row.param_count; i++) {
		const struct grammar_arg *arg = &row.params[i];
		const void *value = param_value(arg, rule, number);

		if (grammar_is_keyword(arg) ? !grammar_is_default(arg, value) :
					      i < said)
			put_value(out, arg, value);
	}
}

static void put_impairs(struct output *out, const struct fl_rule *rule)
{
	for (__u32 i = 0; i < rule->impair_count; i++)
		put_impair(out, rule, i);
}

/* Defaults are not printed, except the lease: it must not surprise anyone. */
static bool option_said(const struct fl_rule *rule, __u32 option)
{
	switch (option) {
	case GRAMMAR_OPT_NAME:
		return rule->name[0];
	case GRAMMAR_OPT_PRIO:
		return rule->prio != FL_PRIO_DEFAULT;
	case GRAMMAR_OPT_SCOPE:
		return rule->flags & FL_RULE_SCOPE;
	}
	return !grammar_options[option].flag ||
	       rule->flags & grammar_options[option].flag;
}

static void put_options(struct output *out, const struct fl_rule *rule)
{
	for (size_t i = 0; i < grammar_word_count; i++) {
		const struct grammar_word *word = &grammar_words[i];

		if (word->class != GRAMMAR_OPTION ||
		    !option_said(rule, word->id))
			continue;
		put_word(out, word->words);
		put_argument(out, &grammar_options[word->id], rule);
	}
}

const char *grammar_direction(__u32 directions)
{
	for (size_t i = 0; i < grammar_word_count; i++) {
		if (grammar_words[i].class == GRAMMAR_DIRECTION &&
		    grammar_words[i].id == directions)
			return grammar_words[i].words;
	}
	return "both";
}

size_t grammar_print_rule(const struct fl_rule *rule, char *text, size_t size)
{
	struct output out = output_to(text, size);

	put_word(&out, grammar_direction(rule->directions));
	put_match(&out, &rule->match);
	put_impairs(&out, rule);
	put_options(&out, rule);
	return out.used;
}

size_t grammar_print_impairs(const struct fl_rule *rule, char *text,
			     size_t size)
{
	struct output out = output_to(text, size);

	put_impairs(&out, rule);
	return out.used;
}

size_t grammar_print_match(const struct fl_match *match, char *text,
			   size_t size)
{
	struct output out = output_to(text, size);

	put_match(&out, match);
	return out.used;
}

/* An impairment without parameters is true, under its own keyword. */
static int set_true(json_t *asked, const char *words)
{
	char key[64];

	snprintf(key, sizeof(key), "%s", words);
	for (char *blank = key; (blank = strchr(blank, ' '));)
		*blank = '_';
	return json_object_set_new(asked, key, json_true());
}

/* Defaults that stand for no value: any number, or that of another member. */
static bool says_nothing(const struct grammar_arg *arg, const void *value)
{
	if (!grammar_is_default(arg, value))
		return false;
	return arg->type == &type_TIME || arg->type == &type_MEAN ||
	       (arg->type == &type_COUNT1 && arg->initial < arg->min);
}

static int set_impair(json_t *asked, const struct fl_rule *rule, __u32 number)
{
	struct grammar_impair row = grammar_impair(rule->impairs[number].kind);
	int err = 0;

	if (!row.words)
		return 0;
	if (!row.param_count)
		return set_true(asked, row.words);
	for (size_t i = 0; i < row.param_count && !err; i++) {
		const struct grammar_arg *arg = &row.params[i];
		const void *value = param_value(arg, rule, number);

		if (!says_nothing(arg, value))
			err = json_object_set_new(asked, arg->json,
						  arg->type->json(value));
	}
	return err;
}

json_t *grammar_asked_json(const struct fl_rule *rule)
{
	json_t *asked = json_object();

	for (__u32 i = 0; asked && i < rule->impair_count; i++) {
		if (!set_impair(asked, rule, i))
			continue;
		json_decref(asked);
		return NULL;
	}
	return asked;
}
