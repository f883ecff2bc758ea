/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of text as a rule. */
#pragma once

#include <stdio.h>

#include "../user/grammar.h"
#include "words.h"

static inline int rule_parse(const char *text, struct fl_rule *rule,
			     struct fl_error *error)
{
	struct words words;
	char copy[2048];

	snprintf(copy, sizeof(copy), "%s", text);
	words_split(&words, copy);
	error->text[0] = '\0';
	return grammar_parse_rule(words.argc, words.argv, rule, error);
}
