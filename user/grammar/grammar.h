/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words <-> rules, both ways, from fields.def and impairs.def.
 * [in|out|both] [MATCH...] [IMPAIRMENT...] [OPTION...], in any order.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <faultline/abi.h>

#include "base/error.h"

#define FL_LEASE_DEFAULT_NS 600000000000ull /* ten minutes */
#define FL_PRIO_DEFAULT 100

#define GRAMMAR_WORDS_MAX 2048 /* any rule as words: with three paths */

/*
 * Parses a whole rule. On success returns 0 and fills @rule: name (empty when
 * not given), prio, directions (both when not said), flags, lease_ns (0 means
 * forever), seed (with FL_RULE_SEEDED), match, impairs (by kind). age,
 * expiry_ns and
 * created_ns are left 0. Exactly one impairment per category, at least one.
 * On failure returns an enum fl_exit, fills @error, and @rule is untouched.
 */
int grammar_parse_rule(int argc, char *const argv[], struct fl_rule *rule,
		       struct fl_error *error);

/*
 * Parses one MATCH term at argv[0]. Returns the number of words it took, 0
 * when argv[0] does not begin a MATCH term, or -(enum fl_exit) with @error and
 * @match untouched.
 */
int grammar_parse_match(int argc, char *const argv[], struct fl_match *match,
			struct fl_error *error);

/*
 * For a @match that was read term by term, once it is complete: 0, or an enum
 * fl_exit with @error when its terms contradict each other.
 */
int grammar_check_match(const struct fl_match *match, struct fl_error *error);

/*
 * Writes @rule as words that grammar_parse_rule() takes back, without the
 * device, always with direction, lease ("for 10m" as given) and, where there
 * is one, name. Returns the length that was needed, as snprintf() does.
 */
size_t grammar_print_rule(const struct fl_rule *rule, char *text, size_t size);

/* The same for the impairments alone ("loss 1%") and for the match alone. */
size_t grammar_print_impairs(const struct fl_rule *rule, char *text,
			     size_t size);
size_t grammar_print_match(const struct fl_match *match, char *text,
			   size_t size);

/* "in", "out" or "both", of FL_DIR_*. */
const char *grammar_direction(__u32 directions);

/*
 * The words that may come after others. The one who asks sets word(), which
 * gets each of them, and what is passed on to it.
 */
struct grammar_next {
	void (*word)(void *to, const char *word);
	void *to;
	bool flows; /* a match of whole flows, not a rule */
	bool file;  /* set when the name of a file may come as well */
};

/* After the words @argv of a rule, the last of which is complete. Nothing may
 * come after a mistake. */
void grammar_next(int argc, char *const argv[], struct grammar_next *next);

/* Help text from the tables, for `faultline help`/`add --help`. */
void grammar_print_help(FILE *stream);

struct json_t;

/* {"loss": 0.01} etc: what was requested, from PARAM's json names, or the
 * words and true without a PARAM. A new reference; NULL when out of memory. */
struct json_t *grammar_asked_json(const struct fl_rule *rule);
