/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of a tc line about netem -> the words of the equal rule. Pure. */
#pragma once

#include "base/error.h"

#define NETEM_WORDS_MAX 160
#define NETEM_NUMBERS_MAX 24
#define NETEM_REMARKS_MAX 12

/* Points into itself: not to be copied. */
struct netem_words {
	int count;
	char *word[NETEM_WORDS_MAX]; /* for grammar_parse_rule() */
	int remark_count;	     /* where the meaning is another one */
	char remark[NETEM_REMARKS_MAX][200];
	int number_count;
	char number[NETEM_NUMBERS_MAX][32];
};

/*
 * Translates @argv, a line for tc or what stands behind "netem" in one, in the
 * reading of tc's own parser: abbreviations, percentages without their sign,
 * and defaults. @own are faultline's words, which go into the rule as they
 * are; the direction is out unless they say another. @device is where the rule
 * goes. 0, or an enum fl_exit and @error that names the word without an equal.
 */
int netem_translate(const char *device, int argc, char *const argv[],
		    int own_count, char *const own[], struct netem_words *words,
		    struct fl_error *error);
