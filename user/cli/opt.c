/* SPDX-License-Identifier: GPL-2.0-only */
#include "opt.h"

#include <errno.h>
#include <string.h>

#include <faultline/abi.h>

#include "base/holder.h"
#include "base/mode.h"
#include "base/nearest.h"
#include "base/unit.h"
#include "stats/flowsort.h"

#define NAMES_MAX 32
#define AUTO "auto"
#define INTERVAL_MIN_NS 10000000ull	  /* 10 ms */
#define INTERVAL_MAX_NS 86400000000000ull /* a day */

/* What is left of the command line, and the words that were no options. */
struct reader {
	const struct opt_set *sets;
	size_t set_count;
	int argc, kept;
	char **argv;
	struct opt_words *words;
	struct fl_error *error;
};

static bool is_called(const struct opt *row, char letter, const char *name,
		      size_t length)
{
	if (row->type == OPT_REST)
		return false;
	if (!name)
		return row->letter == letter;
	return strlen(row->name) == length && !strncmp(row->name, name, length);
}

static const struct opt *find(const struct reader *in, char letter,
			      const char *name, size_t length, void **values)
{
	for (size_t i = 0; i < in->set_count; i++) {
		const struct opt *row = in->sets[i].rows;

		for (; row && row->name; row++) {
			if (!is_called(row, letter, name, length))
				continue;
			*values = in->sets[i].values;
			return row;
		}
	}
	return NULL;
}

const struct opt *opt_find(const struct opt_set *sets, size_t set_count,
			   const char *name, size_t length)
{
	const struct reader in = { .sets = sets, .set_count = set_count };
	void *values;

	return find(&in, 0, name, length, &values);
}

static const char *holder_choice(unsigned int index)
{
	if (!index)
		return AUTO;
	return index < FL_HOLDERS ? holder_word((enum fl_holder)index) : NULL;
}

const char *opt_choice(const struct opt *row, unsigned int index)
{
	switch (row->type) {
	case OPT_MODE:
		return index < FL_MODES ? mode_name(index) : NULL;
	case OPT_HOLDER:
		return holder_choice(index);
	case OPT_COLUMN:
		return index < FLOW_COLUMN_COUNT ? flow_column_names[index] :
						   NULL;
	default:
		return NULL;
	}
}

static int unknown(const struct reader *in, const char *word)
{
	const char *names[NAMES_MAX], *near;
	char hint[NEAREST_HINT_MAX], option[NEAREST_HINT_MAX / 2];
	size_t count = 0;

	for (size_t i = 0; i < in->set_count; i++) {
		const struct opt *row = in->sets[i].rows;

		for (; row && row->name && count < NAMES_MAX; row++)
			names[count++] = row->name;
	}
	near = nearest_word(word + strspn(word, "-"), names, count);
	if (near)
		snprintf(option, sizeof(option), "--%s", near);
	return fl_fail(in->error, FL_EXIT_USAGE, "unknown option \"%.60s\"%s",
		       word,
		       nearest_hint(near ? option : NULL,
				    in->words->first_only ?
					    ": options go after the verb" :
					    "",
				    hint));
}

static int parse_count(const struct opt *row, const char *word, __u32 *value)
{
	size_t length = strlen(word);
	__u64 scale = 1, number;
	char digits[24];
	int err;

	if (length >= sizeof(digits))
		return -ERANGE;
	strcpy(digits, word);
	if (length && digits[length - 1] == 'k')
		scale = 1ull << 10;
	if (length && digits[length - 1] == 'M')
		scale = 1ull << 20;
	if (scale > 1)
		digits[length - 1] = '\0';
	err = unit_parse_uint(digits, 0, row->max / scale, &number);
	if (err)
		return err;
	if (number * scale < row->min)
		return -ERANGE;
	*value = (__u32)(number * scale);
	return 0;
}

static int parse_interval(const char *word, struct opt_number *interval)
{
	char seconds[40];
	__u64 ns;
	int err;

	if (strlen(word) > sizeof(seconds) - 2)
		return -EINVAL;
	snprintf(seconds, sizeof(seconds), "%s%s", word,
		 word[strspn(word, "0123456789.")] ? "" : "s");
	err = unit_parse_time(seconds, &ns);
	if (err)
		return err;
	if (ns < INTERVAL_MIN_NS || ns > INTERVAL_MAX_NS)
		return -ERANGE;
	interval->value = ns;
	return 0;
}

static int parse_number(const struct opt *row, const char *word,
			struct opt_number *number)
{
	int err = unit_parse_uint(word, row->min, row->max, &number->value);

	number->given = !err;
	return err;
}

/* "auto, native, generic, tc" */
static void list_choices(const struct opt *row, char *text, size_t size)
{
	const char *word;
	size_t used = 0;

	for (unsigned int i = 0; (word = opt_choice(row, i)) && used < size;
	     i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
					 i ? ", " : "", word);
}

/* In words what @row takes. */
static void print_hint(const struct opt *row, char *text, size_t size)
{
	switch (row->type) {
	case OPT_COUNT:
		snprintf(text, size,
			 "a number from %llu to %llu; k is 1024, "
			 "M is 1048576",
			 row->min, row->max);
		break;
	case OPT_NUMBER:
		snprintf(text, size, "a number from %llu to %llu", row->min,
			 row->max);
		break;
	case OPT_INTERVAL:
		snprintf(text, size,
			 "seconds, such as 2 or 0.5, from 0.01 to "
			 "a day");
		break;
	case OPT_MODE:
	case OPT_HOLDER:
		list_choices(row, text, size);
		break;
	default:
		snprintf(text, size, "a word");
	}
}

static int bad_value(const struct reader *in, const struct opt *row,
		     const char *word)
{
	const char *argument = row->argument;
	char hint[96];

	print_hint(row, hint, sizeof(hint));
	argument += *argument == '[';
	return fl_fail(in->error, FL_EXIT_USAGE,
		       "\"--%s\": \"%.60s\" is not %.*s (%s)", row->name, word,
		       (int)strcspn(argument, "]"), argument, hint);
}

static int set_value(const struct reader *in, const struct opt *row,
		     void *values, const char *word)
{
	void *value = (char *)values + row->offset;
	int err = 0;

	switch (row->type) {
	case OPT_TEXT:
	case OPT_FILE:
	case OPT_COLUMN:
		err = *word ? 0 : -EINVAL;
		*(const char **)value = word;
		break;
	case OPT_COUNT:
		err = parse_count(row, word, value);
		break;
	case OPT_NUMBER:
		err = parse_number(row, word, value);
		break;
	case OPT_INTERVAL:
		err = parse_interval(word, value);
		break;
	case OPT_MODE:
		err = mode_parse(word, value);
		break;
	case OPT_HOLDER:
		*(enum fl_holder *)value = FL_HOLDER_NONE;
		err = strcmp(word, AUTO) ? holder_parse(word, value) : 0;
		break;
	case OPT_FLAG:
	case OPT_REST:
		break;
	}
	return err ? bad_value(in, row, word) : 0;
}

static bool begins_number(const char *word)
{
	return strchr("0123456789.", *word) && *word;
}

/*
 * Sets @row from @attached, what followed it in the same word (NULL: nothing
 * did), or from the next word.
 */
static int take(struct reader *in, const struct opt *row, void *values,
		const char *attached)
{
	const char *word = attached;

	if (row->type == OPT_INTERVAL)
		((struct opt_number *)((char *)values + row->offset))->given =
			true;
	if (!row->argument) {
		if (attached)
			return fl_fail(in->error, FL_EXIT_USAGE,
				       "\"--%s\" takes no argument", row->name);
		*(bool *)((char *)values + row->offset) = true;
		return 0;
	}
	if (!word && row->type == OPT_INTERVAL &&
	    (!in->argc || !begins_number(in->argv[0])))
		return 0;
	if (!word && !in->argc) {
		in->words->unmet = row;
		return fl_fail(in->error, FL_EXIT_USAGE, "\"--%s\" needs %s",
			       row->name, row->argument);
	}
	if (!word) {
		word = *in->argv++;
		in->argc--;
	}
	return set_value(in, row, values, word);
}

static int take_long(struct reader *in, const char *word)
{
	const char *name = word + 2;
	const char *equals = strchrnul(name, '=');
	void *values;
	const struct opt *row = find(in, 0, name, (size_t)(equals - name),
				     &values);

	if (!row)
		return unknown(in, word);
	return take(in, row, values, *equals ? equals + 1 : NULL);
}

/* "-j", "-jw", "-w0.5" */
static int take_letters(struct reader *in, const char *word)
{
	int err = 0;

	for (const char *letter = word + 1; *letter && !err; letter++) {
		void *values;
		const struct opt *row = find(in, *letter, NULL, 0, &values);

		if (!row)
			return unknown(in, word);
		if (row->argument)
			return take(in, row, values,
				    letter[1] ? letter + 1 : NULL);
		err = take(in, row, values, NULL);
	}
	return err;
}

/* Behind "--": words like all others, unless they are a value. */
static void take_rest(struct reader *in)
{
	for (size_t i = 0; i < in->set_count; i++) {
		const struct opt *row = in->sets[i].rows;

		for (; row && row->name; row++) {
			if (row->type != OPT_REST)
				continue;
			*(struct opt_rest *)((char *)in->sets[i].values +
					     row->offset) =
				(struct opt_rest){ in->argc, in->argv };
			in->argc = 0;
		}
	}
}

int opt_parse(const struct opt_set *sets, size_t set_count,
	      struct opt_words *words, struct fl_error *error)
{
	struct reader in = {
		.sets = sets,
		.set_count = set_count,
		.argc = words->argc,
		.argv = words->argv,
		.words = words,
		.error = error,
	};
	bool ended = false;
	int err = 0;

	words->unmet = NULL;
	while (in.argc && !err) {
		char *word = *in.argv++;

		in.argc--;
		if (!ended && !strcmp(word, "--")) {
			ended = true;
			take_rest(&in);
		} else if (ended || word[0] != '-' || !word[1] ||
			   begins_number(word + 1)) {
			words->argv[in.kept++] = word;
			ended |= words->first_only;
		} else if (word[1] == '-') {
			err = take_long(&in, word);
		} else {
			err = take_letters(&in, word);
		}
	}
	words->argc = in.kept;
	return err;
}

void opt_print_help(FILE *stream, const struct opt *rows)
{
	for (; rows->name; rows++) {
		char term[40];

		snprintf(term, sizeof(term), "%s%c%s--%s%s%s",
			 rows->letter ? "-" : " ",
			 rows->letter ? rows->letter : ' ',
			 rows->letter ? ", " : "  ", rows->name,
			 rows->argument ? " " : "",
			 rows->argument ? rows->argument : "");
		fprintf(stream, "  %-21s %s\n", term, rows->help);
	}
}
