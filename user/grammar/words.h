/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to grammar*.c: the tables behind the grammar, generated from
 * fields.def, impairs.def and options.def.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <faultline/abi.h>

#include "grammar.h"

#define GRAMMAR_VALUE_MAX FL_FILE_LEN /* longest printed argument, with NUL */
#define GRAMMAR_QUOTE_MAX 44	      /* a user's word made fit for a message */

struct grammar_arg;
struct json_t;

/* How the arguments of one TYPE are read and printed. */
struct grammar_type {
	/* 0, or -EINVAL or -ERANGE when @word is none. *@value only
	 * changes on 0. */
	int (*parse)(const struct grammar_arg *arg, const char *word,
		     void *value);
	size_t (*print)(const void *value, char *text, size_t size);
	struct json_t *(*json)(const void *value);
	/* In words what a good argument is, for "... is not N (HINT)". */
	void (*hint)(const struct grammar_arg *arg, char *text, size_t size);
	const char *fixed_hint; /* where it needs no function */
};

/* NONE and PRESENT take no argument: their parse is NULL. */
extern const struct grammar_type type_NONE, type_PRESENT, type_PROTO,
	type_PREFIX, type_PORTS, type_VLAN, type_SHARE, type_DSCP,
	type_TCPFLAGS, type_LENGTH, type_COUNT, type_PERCENT, type_COUNT1,
	type_BITS, type_NAME, type_LEASE, type_SCOPE, type_SEED, type_MEAN,
	type_TRACE, type_PART, type_SILENT, type_DROP, type_DSCP32, type_TIME,
	type_TIME32, type_TABLE, type_ORDERED, type_RATE, type_BYTES,
	type_QUEUE, type_ECN;

/* Instead of an initial value. */
#define GRAMMAR_MUST (~0ull)	 /* the argument cannot be left out */
#define GRAMMAR_REST (~0ull - 1) /* 100 % less the first argument */

/* One argument: of a match term, of an impairment or of an option. */
struct grammar_arg {
	const struct grammar_type *type;
	size_t offset; /* in fl_match, fl_params or fl_rule */
	__u64 min, max;
	const char *argument, *json, *help;
	__u32 owner;   /* FL_FIELD_*, FL_IMPAIR_* or GRAMMAR_OPT_* */
	__u32 flag;    /* FL_RULE_* that an option sets */
	__u64 initial; /* of an impairment's: see impairs.def */
	size_t size;   /* of the value */
};

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
	const char *words, *category;
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

/* A path, or another word of a file, into the FL_FILE_LEN bytes at @value. */
int grammar_parse_path(const char *word, void *value);

/* 0, or an enum fl_exit: whether the match fields of @rule mean something in
 * its directions. */
int grammar_check_fields(const struct fl_rule *rule, struct fl_error *error);

/* 0, or an enum fl_exit: of one impairment, as the user gave it for @rule, and
 * of all impairments of a rule. */
int grammar_check_params(const struct fl_rule *rule, struct fl_impair *impair,
			 struct fl_error *error);
int grammar_check_impairs(const struct fl_rule *rule, struct fl_error *error);

/* The longest term that @argv begins with, or NULL; *@taken is its words. */
const struct grammar_word *grammar_find(int argc, char *const argv[],
					int *taken);

/* The term nearest to what the user wrote, or NULL. */
const char *grammar_nearest_term(const char *word);

/* @word with '?' for what cannot be printed, cut to 40 characters. */
const char *grammar_quote(const char *word, char text[GRAMMAR_QUOTE_MAX]);
