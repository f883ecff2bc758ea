/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of text as a rule. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "grammar/grammar.h"
#include "tap.h"
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

/* What stats says, as JSON, that this rule asks for. */
static inline void rule_asks(const char *text, const char *json)
{
	struct fl_rule rule = { 0 };
	struct fl_error error;
	json_t *asked;
	char *got;

	rule_parse(text, &rule, &error);
	asked = grammar_asked_json(&rule);
	got = json_dumps(asked, JSON_REAL_PRECISION(15));
	tap_is_str(got, json, "\"%s\" as JSON", text);
	free(got);
	json_decref(asked);
}
