/* SPDX-License-Identifier: GPL-2.0-only */
#include "rulefile.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "base/text.h"
#include "grammar.h"

#define WORDS_MAX 128
#define LINE_MAX_BYTES 65536
_Static_assert(FL_RULES_MAX == 16384, "a message names it");
#define BLANKS " \t\r\n"

struct place {
	const char *file, *device;
	unsigned long line;
};

/* The words of one line; their ends are written over its blanks. */
struct words {
	int count;
	char *word[WORDS_MAX];
};

static int fail_at(const struct place *place, size_t column, int code,
		   const char *text, struct fl_error *error)
{
	return fl_fail(error, code, "%.100s:%lu:%zu: %.200s", place->file,
		       place->line, column, text);
}

/* False when there are too many. */
static bool split(char *line, struct words *words)
{
	words->count = 0;
	for (;;) {
		line += strspn(line, BLANKS);
		if (!*line || *line == '#')
			return true;
		if (words->count == WORDS_MAX)
			return false;
		words->word[words->count++] = line;
		line += strcspn(line, BLANKS);
		if (*line)
			*line++ = '\0';
	}
}

static bool is_direction(const char *word)
{
	return !strcmp(word, "in") || !strcmp(word, "out") ||
	       !strcmp(word, "both");
}

/* Whether the line begins with the device. One that is called "in" counts
 * only where a direction follows, as it always does in what list prints, and
 * so does any, where all do; what follows "name" is a name. */
static bool has_device(const struct words *words, const char *device)
{
	bool directed = words->count > 1 && is_direction(words->word[1]);
	char listed[TEXT_DEVICE_MAX];

	if (!words->count)
		return false;
	if (!device)
		return directed && strcmp(words->word[0], "name");
	if (strcmp(words->word[0], device) &&
	    strcmp(words->word[0], text_device(device, listed)))
		return false;
	return !is_direction(device) || directed;
}

/*
 * Finds the word that @error is about. The grammar reads from left to right and
 * stops at the first fault, so the shortest beginning of the rule that gives
 * the same message ends with that word.
 */
static int faulty_word(int count, char *const *words,
		       const struct fl_error *error)
{
	struct fl_error again;
	struct fl_rule rule;

	for (int i = 1; i < count; i++) {
		if (grammar_parse_rule(i, words, &rule, &again) &&
		    !strcmp(again.text, error->text))
			return i - 1;
	}
	return count - 1;
}

static int parse_line(const struct place *place, char *line,
		      struct fl_rule *rule, bool *found, struct fl_error *error)
{
	struct fl_error why;
	struct words words;
	char **first = words.word;
	int err, at;

	*found = false;
	if (!split(line, &words))
		return fail_at(place, 1, FL_EXIT_USAGE, "too many words",
			       error);
	if (!words.count)
		return 0;
	if (has_device(&words, place->device)) {
		first++;
		words.count--;
	}
	if (!words.count)
		return fail_at(place, (size_t)(words.word[0] - line) + 1,
			       FL_EXIT_USAGE, "no rule after the device",
			       error);
	err = grammar_parse_rule(words.count, first, rule, &why);
	if (!err) {
		*found = true;
		return 0;
	}
	at = faulty_word(words.count, first, &why);
	return fail_at(place, (size_t)(first[at] - line) + 1, err, why.text,
		       error);
}

static int read_rule(const struct place *place, char *line, size_t length,
		     struct fl_rule *rules, size_t *count,
		     struct fl_error *error)
{
	struct fl_rule rule;
	bool found;
	int err;

	if (strlen(line) != length)
		return fail_at(place, strlen(line) + 1, FL_EXIT_USAGE,
			       "not a text file", error);
	if (length > LINE_MAX_BYTES)
		return fail_at(place, LINE_MAX_BYTES + 1, FL_EXIT_USAGE,
			       "the line is longer than 65536 bytes", error);
	err = parse_line(place, line, &rule, &found, error);
	if (err || !found)
		return err;
	if (*count == FL_RULES_MAX)
		return fail_at(place, 1, FL_EXIT_USAGE,
			       "too many rules: a device takes 16384", error);
	rules[(*count)++] = rule;
	return 0;
}

static int read_rules(const struct input *in, const char *file,
		      const char *device, struct fl_rule *rules, size_t *count,
		      struct fl_error *error)
{
	struct place place = { .file = file, .device = device };
	char *line = in->text, *end = in->text + in->length, *next;
	int err = 0;

	for (; line < end && !err; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (!next)
			next = end;
		*next = '\0';
		place.line++;
		err = read_rule(&place, line, (size_t)(next - line), rules,
				count, error);
	}
	return err;
}

int rulefile_load(const char *file, const char *device, struct fl_rule **rules,
		  size_t *count, struct fl_error *error)
{
	const char *name = strcmp(file, "-") ? file : "<stdin>";
	struct input in;
	int err = input_read(file, &in, error);

	*count = 0;
	*rules = NULL;
	if (err)
		return err;
	*rules = calloc(FL_RULES_MAX, sizeof(**rules));
	if (*rules)
		err = read_rules(&in, name, device, *rules, count, error);
	else
		err = fl_fail(error, FL_EXIT_ERROR, "out of memory");
	free(in.text);
	if (err) {
		free(*rules);
		*rules = NULL;
	}
	return err;
}

int rulefile_words(int argc, char *const argv[], struct fl_rule **rule,
		   struct fl_error *error)
{
	*rule = calloc(1, sizeof(**rule));
	if (!*rule)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	return grammar_parse_rule(argc, argv, *rule, error);
}
