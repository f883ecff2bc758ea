/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables, and finding words in them. */
#include "words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* What each TYPE expects to find at its member; those of match fields are
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

#define IMPAIR(id, words, category, directions, state, function, help)
#define PARAM(id, member, type, min, max, initial, argument, json, help) \
	CHECK_SIZE(union fl_params, member, type);
#define OPTION(id, words, type, member, min, max, flag, argument, help) \
	CHECK_SIZE(struct fl_rule, member, type);
#include <faultline/impairs.def>
#include "options.def"
#undef IMPAIR
#undef PARAM
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
#define IMPAIR(id, words, category, directions, state, function, help) \
	{ words, GRAMMAR_IMPAIR, FL_IMPAIR_##id, help },
#define PARAM(id, member, type, min, max, initial, argument, json, help)
#define OPTION(id, words, type, member, min, max, flag, argument, help) \
	{ words, GRAMMAR_OPTION, GRAMMAR_OPT_##id, help },
#include <faultline/fields.def>
#include <faultline/impairs.def>
#include "options.def"
#undef FIELD
#undef IMPAIR
#undef PARAM
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

/* With an entry for FL_IMPAIR_NONE, for tables without any PARAM. */
static const struct grammar_arg params[] = {
	{ .owner = FL_IMPAIR_NONE },
#define IMPAIR(id, words, category, directions, state, function, help)
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
#undef IMPAIR
#undef PARAM
};

#define PARAMS (sizeof(params) / sizeof(params[0]))

struct grammar_impair grammar_impair(__u32 kind)
{
	static const struct grammar_impair rows[FL_IMPAIR_KINDS] = {
#define IMPAIR(id, words, category, directions, state, function, help) \
	[FL_IMPAIR_##id] = { words, #category, directions, NULL, 0 },
#define PARAM(id, member, type, min, max, initial, argument, json, help)
#include <faultline/impairs.def>
#undef IMPAIR
#undef PARAM
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

/* A path has no room among the parameters. */
void *grammar_arg_value(const struct grammar_arg *arg, struct fl_rule *rule,
			struct fl_impair *impair)
{
	if (arg->type == &type_TRACE || arg->type == &type_TABLE)
		return rule->file[arg->max];
	return (char *)&impair->u + arg->offset;
}

/* What is said as it stands is written in small letters. */
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

/* How many of @argv spell @words: 0 when they do not. */
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

#define NEAR_MAX 48 /* no word of ours is longer */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Insertions, deletions, replacements and swaps of neighbours that turn @a
 * into @b (Damerau and Levenshtein, each letter moved once at most).
 */
static size_t edit_distance(const char *a, const char *b)
{
	size_t d[NEAR_MAX + 1][NEAR_MAX + 1];
	size_t m = strlen(a), n = strlen(b);

	for (size_t i = 0; i <= m; i++) {
		for (size_t j = 0; j <= n; j++) {
			size_t best = i + j;

			if (i && j) {
				best = least(d[i - 1][j], d[i][j - 1]) + 1;
				best = least(best,
					     d[i - 1][j - 1] +
						     (a[i - 1] != b[j - 1]));
			}
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				best = least(best, d[i - 2][j - 2] + 1);
			d[i][j] = best;
		}
	}
	return d[m][n];
}

const char *grammar_nearest(const char *word, const char *const names[],
			    size_t count)
{
	size_t length = strlen(word), best_distance = 3;
	const char *best = NULL;
	char lower[NEAR_MAX + 1];

	if (length > NEAR_MAX)
		return NULL;
	for (size_t i = 0; i <= length; i++)
		lower[i] = (char)tolower((unsigned char)word[i]);
	for (size_t i = 0; i < count; i++) {
		size_t distance;

		if (strlen(names[i]) > NEAR_MAX)
			continue;
		distance = edit_distance(lower, names[i]);
		if (distance < best_distance && 2 * distance < length) {
			best_distance = distance;
			best = names[i];
		}
	}
	return best;
}

const char *grammar_nearest_term(const char *word)
{
	const char *names[WORDS];

	for (size_t i = 0; i < WORDS; i++)
		names[i] = grammar_words[i].words;
	return grammar_nearest(word, names, WORDS);
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
