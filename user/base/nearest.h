/* SPDX-License-Identifier: GPL-2.0-only */
/* What the user may have meant by a word that we do not know. Pure. */
#pragma once

#include <stddef.h>

/*
 * The word nearest to @word out of the @count @names, the first of them where
 * two are as near, or NULL when none is near: the edit distance is at most 2
 * and less than half of the length of @word. Insertions, deletions,
 * replacements and swaps of neighbours count 1 each. Capital letters in @word
 * count as small ones; those in @names do not.
 */
const char *nearest_word(const char *word, const char *const names[],
			 size_t count);

#define NEAREST_HINT_MAX 80

/* What ends a message: ": did you mean \"NEAR\"?", or @otherwise where @near is
 * NULL. */
const char *nearest_hint(const char *near, const char *otherwise,
			 char text[NEAREST_HINT_MAX]);
