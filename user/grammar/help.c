/* SPDX-License-Identifier: GPL-2.0-only */
/* The grammar explained, from its tables. */
#include "grammar.h"

#include <stdio.h>
#include <string.h>

#include "models.h"
#include "words.h"

#define HELP_COLUMN 26
#define HELP_WIDTH 80

/* Prints @help from HELP_COLUMN on, broken between words at HELP_WIDTH. */
static void print_wrapped(FILE *stream, size_t column, const char *help)
{
	bool fresh = true;

	/* The help for a long term begins on the next line. */
	if (column >= HELP_COLUMN) {
		fputc('\n', stream);
		column = 0;
	}
	while (*help) {
		size_t length = strcspn(help, " ");

		if (!fresh && column + 1 + length >= HELP_WIDTH) {
			fputc('\n', stream);
			column = 0;
			fresh = true;
		}
		if (fresh)
			fprintf(stream, "%*s", (int)(HELP_COLUMN - column), "");
		else
			fputc(' ', stream);
		column = (fresh ? HELP_COLUMN : column + 1) + length;
		fresh = false;
		fprintf(stream, "%.*s", (int)length, help);
		help += length + (help[length] == ' ');
	}
	fputc('\n', stream);
}

/* "loss P% burst N" has a row of its own. */
static bool has_own_row(const struct grammar_arg *arg)
{
	return arg->owner == FL_IMPAIR_LOSS && arg->type == &type_MEAN;
}

/* "P%: probability", appended to what the impairment does. */
static void print_impair(FILE *stream, const struct grammar_word *word)
{
	struct grammar_impair row = grammar_impair(word->id);
	size_t column = (size_t)fprintf(stream, "  %s", word->words);
	char help[768];
	size_t used = (size_t)snprintf(help, sizeof(help), "%s", word->help);

	for (size_t i = 0; i < row.param_count && used < sizeof(help); i++) {
		const struct grammar_arg *arg = &row.params[i];

		bool must = arg->initial == GRAMMAR_MUST;

		if (has_own_row(arg))
			continue;
		column += (size_t)fprintf(stream, must ? " %s" : " [%s]",
					  arg->argument);
		used += (size_t)snprintf(
			help + used, sizeof(help) - used, "; %s: %s",
			must ? grammar_argument(arg) : arg->argument,
			arg->help);
	}
	print_wrapped(stream, column, help);
}

static void print_term(FILE *stream, const struct grammar_word *word)
{
	const char *argument = "";
	size_t column;

	if (word->class == GRAMMAR_FIELD)
		argument = grammar_fields[word->id].argument;
	if (word->class == GRAMMAR_OPTION)
		argument = grammar_options[word->id].argument;
	column = (size_t)fprintf(stream, "  %s%s%s", word->words,
				 *argument ? " " : "", argument);
	print_wrapped(stream, column, word->help);
}

static void print_class(FILE *stream, const char *title,
			enum grammar_class class)
{
	fprintf(stream, "%s\n", title);
	for (size_t i = 0; i < grammar_word_count; i++) {
		if (grammar_words[i].class != class)
			continue;
		if (class == GRAMMAR_IMPAIR)
			print_impair(stream, &grammar_words[i]);
		else
			print_term(stream, &grammar_words[i]);
	}
}

void grammar_print_help(FILE *stream)
{
	print_class(stream, "DIRECTION", GRAMMAR_DIRECTION);
	print_class(stream, "\nMATCH (all must apply)", GRAMMAR_FIELD);
	print_class(stream, "\nIMPAIRMENT", GRAMMAR_IMPAIR);
	print_class(stream, "\nOPTION", GRAMMAR_OPTION);
}
