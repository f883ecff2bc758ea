/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables, and finding words in them. */
#include "words.h"

#include <stdio.h>
#include <string.h>

#include "base/nearest.h"
#include "models.h"
#include "params.h"
#include "times.h"
#include "types.h"

/* The size of the member that each TYPE expects; those of match fields are
 * FL_VALUE_* in rule.h. */
#define SIZE_NONE sizeof(__u32)
#define SIZE_PERCENT sizeof(__u32)
#define SIZE_COUNT1 sizeof(__u32)
#define SIZE_BITS sizeof(((union fl_params *)0)->pattern)
#define SIZE_NAME FL_NAME_LEN
#define SIZE_LEASE sizeof(__u64)
#define SIZE_SCOPE sizeof(__u32)
#define SIZE_SEED sizeof(__u64)
#define SIZE_MEAN sizeof(__u32)
#define SIZE_TRACE sizeof(((union fl_params *)0)->trace)
#define SIZE_PART sizeof(__u32)
#define SIZE_SILENT sizeof(__u32)
#define SIZE_DROP sizeof(__u32)
#define SIZE_DSCP32 sizeof(__u32)
#define SIZE_TIME sizeof(__u64)
#define SIZE_TIME32 sizeof(__u32)
#define SIZE_TABLE sizeof(__u32)
#define SIZE_ORDERED sizeof(__u32)
#define SIZE_RATE sizeof(__u64)
#define SIZE_BYTES sizeof(__s32)
#define SIZE_QUEUE sizeof(__u64) /* the first member of fl_queue */
#define SIZE_ECN sizeof(__u32)

#define MUST GRAMMAR_MUST
#define REST GRAMMAR_REST

#define CHECK_SIZE(owner, member, type)                             \
	_Static_assert(sizeof(((owner *)0)->member) == SIZE_##type, \
		       #member " is not of type " #type)

#define PARAM(id, member, type, min, max, initial, argument, json, help) \
	CHECK_SIZE(union fl_params, member, type);
#define OPTION(id, words, type, member, min, max, flag, argument, help) \
	CHECK_SIZE(struct fl_rule, member, type);
#include <faultline/impairs.def>
#include "options.def"
#undef OPTION

_Static_assert(FL_FIELDS <= 32 && GRAMMAR_OPTIONS <= 32,
	       "sets of them are kept in 32 bits");

const struct grammar_word grammar_words[] = {
	{ "in", GRAMMAR_DIRECTION, FL_DIR_IN, "incoming packets" },
	{ "out", GRAMMAR_DIRECTION, FL_DIR_OUT, "outgoing packets" },
	{ "both", GRAMMAR_DIRECTION, FL_DIR_BOTH, "both (default)" },
#define FIELD(id, words, type, level, directions, member, function, argument, \
	      help)                                                           \
	{ words, GRAMMAR_FIELD, FL_FIELD_##id, help },
#define IMPAIR(id, words, category, directions, state, path, function, help) \
	{ words, GRAMMAR_IMPAIR, FL_IMPAIR_##id, help },
#define OPTION(id, words, type, member, min, max, flag, argument, help) \
	{ words, GRAMMAR_OPTION, GRAMMAR_OPT_##id, help },
#include <faultline/fields.def>
#include <faultline/impairs.def>
#include "options.def"
#undef FIELD
#undef OPTION
};

#define WORDS (sizeof(grammar_words) / sizeof(grammar_words[0]))

const size_t grammar_word_count = WORDS;

const struct grammar_arg grammar_fields[FL_FIELDS] = {
#define FIELD(id, words, type, level, directions, member, function, argument, \
	      help)                                                           \
	{ &type_##type,                                                       \
	  offsetof(struct fl_match, member),                                  \
	  0,                                                                  \
	  0,                                                                  \
	  argument,                                                           \
	  NULL,                                                               \
	  help,                                                               \
	  FL_FIELD_##id,                                                      \
	  0,                                                                  \
	  0,                                                                  \
	  sizeof(FL_VALUE_##type) },
#include <faultline/fields.def>
#undef FIELD
};

const struct grammar_arg grammar_options[GRAMMAR_OPTIONS] = {
#define OPTION(id, words, type, member, min, max, flag, argument, help) \
	{ &type_##type, offsetof(struct fl_rule, member),               \
	  min,		max,                                            \
	  argument,	NULL,                                           \
	  help,		GRAMMAR_OPT_##id,                               \
	  flag,		0,                                              \
	  SIZE_##type },
#include "options.def"
#undef OPTION
};

/* The entry for FL_IMPAIR_NONE serves tables without any PARAM. */
static const struct grammar_arg params[] = {
	{ .owner = FL_IMPAIR_NONE },
#define PARAM(id, member, type, min, max, initial, argument, json, help) \
	{ &type_##type,                                                  \
	  offsetof(union fl_params, member),                             \
	  min,                                                           \
	  max,                                                           \
	  argument,                                                      \
	  json,                                                          \
	  help,                                                          \
	  FL_IMPAIR_##id,                                                \
	  0,                                                             \
	  initial,                                                       \
	  SIZE_##type },
#include <faultline/impairs.def>
};

#define PARAMS (sizeof(params) / sizeof(params[0]))

struct grammar_impair grammar_impair(__u32 kind)
{
	static const struct grammar_impair rows[FL_IMPAIR_KINDS] = {
#define IMPAIR(id, words, category, directions, ...) \
	[FL_IMPAIR_##id] = { words, directions, NULL, 0 },
#include <faultline/impairs.def>
	};
	struct grammar_impair row = { 0 };

	if (kind == FL_IMPAIR_NONE || kind >= FL_IMPAIR_KINDS)
		return row;
	row = rows[kind];
	for (size_t i = 0; i < PARAMS; i++) {
		if (params[i].owner != kind)
			continue;
		if (!row.param_count++)
			row.params = &params[i];
	}
	return row;
}

/* Paths are kept outside of the parameters, which have no room for them. An
 * impairment has one at most. */
void *grammar_arg_value(const struct grammar_arg *arg, struct fl_rule *rule,
			struct fl_impair *impair)
{
	static const enum fl_file files[FL_IMPAIR_KINDS] = {
		[FL_IMPAIR_LOSS_TRACE] = FL_FILE_TRACE,
		[FL_IMPAIR_DELAY] = FL_FILE_DELAY,
		[FL_IMPAIR_SLOT] = FL_FILE_SLOT,
	};

	if (arg->type == &type_TRACE || arg->type == &type_TABLE)
		return rule->file[files[arg->owner]];
	return (char *)&impair->u + arg->offset;
}

/* Keywords are written in small letters, placeholders in capitals. */
bool grammar_is_keyword(const struct grammar_arg *arg)
{
	return arg->argument[0] >= 'a' && arg->argument[0] <= 'z';
}

bool grammar_is_default(const struct grammar_arg *arg, const void *value)
{
	__u64 number = 0;

	if (arg->initial == GRAMMAR_MUST || arg->initial == GRAMMAR_REST)
		return false;
	if (arg->type == &type_TABLE)
		return !*(const char *)value;
	memcpy(&number, value,
	       arg->size < sizeof(number) ? arg->size : sizeof(number));
	return number == arg->initial;
}

const char *grammar_argument(const struct grammar_arg *arg)
{
	const char *blank = strchr(arg->argument, ' ');

	return blank ? blank + 1 : arg->argument;
}

const char *grammar_field_words(__u32 field)
{
	for (size_t i = 0; i < WORDS; i++) {
		if (grammar_words[i].class == GRAMMAR_FIELD &&
		    grammar_words[i].id == field)
			return grammar_words[i].words;
	}
	return "";
}

/* How many words of @argv spell @words; 0 if they do not. */
static int words_spelt(const char *words, int argc, char *const argv[])
{
	for (int i = 0; i < argc; i++) {
		size_t length = strcspn(words, " ");

		if (strlen(argv[i]) != length ||
		    strncmp(words, argv[i], length))
			return 0;
		if (!words[length])
			return i + 1;
		words += length + 1;
	}
	return 0;
}

const struct grammar_word *grammar_find(int argc, char *const argv[],
					int *taken)
{
	const struct grammar_word *best = NULL;

	*taken = 0;
	for (size_t i = 0; i < WORDS; i++) {
		int spelt = words_spelt(grammar_words[i].words, argc, argv);

		if (spelt > *taken) {
			*taken = spelt;
			best = &grammar_words[i];
		}
	}
	return best;
}

const char *grammar_nearest_term(const char *word)
{
	const char *names[WORDS];

	for (size_t i = 0; i < WORDS; i++)
		names[i] = grammar_words[i].words;
	return nearest_word(word, names, WORDS);
}

const char *grammar_quote(const char *word, char text[GRAMMAR_QUOTE_MAX])
{
	size_t length = strlen(word);
	size_t kept = length > 40 ? 37 : length;

	for (size_t i = 0; i < kept; i++)
		text[i] = word[i] < ' ' || word[i] > '~' ? '?' : word[i];
	strcpy(text + kept, length > 40 ? "..." : "");
	return text;
}
