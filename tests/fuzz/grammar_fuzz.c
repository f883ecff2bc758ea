/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * libFuzzer: whatever the words are, a rule that is refused changes nothing
 * and says why in one line; a rule that is accepted can be printed, and reads
 * back the same. What may come next is one word each.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "grammar/grammar.h"
#include "lib/rule_equal.h"
#include "lib/words.h"

#define INPUT_MAX 4096

static void must(int held, const char *what)
{
	if (held)
		return;
	fprintf(stderr, "not so: %s\n", what);
	abort();
}

static void check_refused(const struct fl_rule *rule,
			  const struct fl_rule *before, int code,
			  const struct fl_error *error)
{
	const char *end = memchr(error->text, '\0', sizeof(error->text));

	must(code == FL_EXIT_USAGE || code == FL_EXIT_UNSUPPORTED, "exit code");
	must(!memcmp(rule, before, sizeof(*rule)), "rule untouched");
	must(end && end > error->text, "there is a message");
	for (const char *c = error->text; c < end; c++)
		must(*c >= ' ' && *c <= '~', "message of one printable line");
}

static void check_accepted(const struct fl_rule *rule)
{
	struct fl_rule again;
	struct fl_error error;
	struct words words;
	char text[2048];
	json_t *asked;

	must(grammar_print_rule(rule, text, sizeof(text)) == strlen(text),
	     "printed length");
	words_split(&words, text);
	must(!grammar_parse_rule(words.argc, words.argv, &again, &error),
	     "what is printed is accepted");
	must(!rule_difference(rule, &again), "what is printed reads back");
	asked = grammar_asked_json(rule);
	must(json_object_size(asked) >= rule->impair_count, "as JSON");
	json_decref(asked);
}

static void check_next_word(void *to, const char *word)
{
	(void)to;
	must(*word && !strpbrk(word, " |\n"), "one word may come next");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct grammar_next next = { .word = check_next_word };
	struct fl_rule rule, before;
	struct fl_error error;
	struct words words;
	char input[INPUT_MAX];
	int code;

	if (size >= sizeof(input))
		return 0;
	if (size)
		memcpy(input, data, size);
	input[size] = '\0';
	words_split(&words, input);
	memset(&error, 0, sizeof(error));
	memset(&rule, 0x5a, sizeof(rule));
	memcpy(&before, &rule, sizeof(rule));
	code = grammar_parse_rule(words.argc, words.argv, &rule, &error);
	if (code)
		check_refused(&rule, &before, code, &error);
	else
		check_accepted(&rule);
	grammar_next(words.argc, words.argv, &next);
	return 0;
}
