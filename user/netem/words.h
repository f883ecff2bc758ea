/* SPDX-License-Identifier: GPL-2.0-only */
/* A tc line about netem -> the words of the equivalent rule. Pure. */
#pragma once

#include "base/error.h"

#define NETEM_WORDS_MAX 160
#define NETEM_NUMBERS_MAX 24
#define NETEM_REMARKS_MAX 12

/* Do not copy: it points into itself. */
struct netem_words {
	int count;
	char *word[NETEM_WORDS_MAX]; /* for grammar_parse_rule() */
	int remark_count;	     /* where the meaning differs */
	char remark[NETEM_REMARKS_MAX][200];
	int number_count;
	char number[NETEM_NUMBERS_MAX][32];
};

/*
 * Translates @argv, a line for tc or the part after "netem" of one. It is read
 * as tc's own parser reads it: with abbreviations, percentages without their
 * sign, and tc's defaults. @own are faultline's words, which go into the rule
 * unchanged; the direction is out unless they give another. @device gets the
 * rule. Returns 0, or an enum fl_exit with @error naming the word that has no
 * equivalent.
 */
int netem_translate(const char *device, int argc, char *const argv[],
		    int own_count, char *const own[], struct netem_words *words,
		    struct fl_error *error);
