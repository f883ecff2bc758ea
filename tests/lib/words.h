/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of text as the words a shell would hand over, without quoting. */
#pragma once

#include <string.h>

#define WORDS_MAX 512

struct words {
	int argc;
	char *argv[WORDS_MAX];
};

/* Cuts @text at blanks and newlines, in place. */
static inline void words_split(struct words *words, char *text)
{
	char *save = NULL;

	words->argc = 0;
	for (char *word = strtok_r(text, " \n", &save);
	     word && words->argc < WORDS_MAX;
	     word = strtok_r(NULL, " \n", &save))
		words->argv[words->argc++] = word;
}
