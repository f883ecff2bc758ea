/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables behind the grammar, generated from fields.def, impairs.def and
 * options.def, and finding words in them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <faultline/abi.h>

#include "arg.h"

#define GRAMMAR_QUOTE_MAX 44 /* a user's word made fit for a message */

/* Where @arg of an impairment of @rule keeps its value. */
void *grammar_arg_value(const struct grammar_arg *arg, struct fl_rule *rule,
			struct fl_impair *impair);

enum grammar_option {
#define OPTION(id, words, type, member, min, max, flag, argument, help) \
	GRAMMAR_OPT_##id,
#include "options.def"
#undef OPTION
	GRAMMAR_OPTIONS
};

enum grammar_class {
	GRAMMAR_DIRECTION,
	GRAMMAR_FIELD,
	GRAMMAR_IMPAIR,
	GRAMMAR_OPTION,
};

/* A term of the grammar: the one or two words that begin it. */
struct grammar_word {
	const char *words;
	enum grammar_class class;
	__u32 id; /* FL_DIR_*, or as in struct grammar_arg */
	const char *help;
};

struct grammar_impair {
	const char *words;
	__u32 directions;
	const struct grammar_arg *params;
	size_t param_count;
};

extern const struct grammar_word grammar_words[];
extern const size_t grammar_word_count;
extern const struct grammar_arg grammar_fields[FL_FIELDS];
extern const struct grammar_arg grammar_options[GRAMMAR_OPTIONS];

/* The row of impairs.def for @kind with its params; nothing for NONE. */
struct grammar_impair grammar_impair(__u32 kind);

/* The words of match term @field, for messages and printing. */
const char *grammar_field_words(__u32 field);

/* What an argument of @arg is called, without the word before it. */
const char *grammar_argument(const struct grammar_arg *arg);

/* Whether words say that @arg of an impairment comes, so that its place among
 * others of that sort does not matter; they follow those with a place. */
bool grammar_is_keyword(const struct grammar_arg *arg);

/* Whether @value is what it is where the argument is left out. */
bool grammar_is_default(const struct grammar_arg *arg, const void *value);

/* The longest term that @argv begins with, or NULL; *@taken is its words. */
const struct grammar_word *grammar_find(int argc, char *const argv[],
					int *taken);

/* The term nearest to what the user wrote, or NULL. */
const char *grammar_nearest_term(const char *word);

/* @word with '?' for what cannot be printed, cut to 40 characters. */
const char *grammar_quote(const char *word, char text[GRAMMAR_QUOTE_MAX]);
