/* SPDX-License-Identifier: GPL-2.0-only */
#include "nearest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LENGTH_MAX 48 /* longer than any keyword */
#define DISTANCE_MAX 2

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Insertions, deletions, replacements and swaps of neighbours that turn @a
 * into @b (Damerau and Levenshtein, each letter moved once at most).
 */
static size_t edit_distance(const char *a, const char *b)
{
	size_t d[LENGTH_MAX + 1][LENGTH_MAX + 1];
	size_t m = strlen(a), n = strlen(b);

	for (size_t i = 0; i <= m; i++) {
		for (size_t j = 0; j <= n; j++) {
			size_t best = i + j;

			if (i && j) {
				best = least(d[i - 1][j], d[i][j - 1]) + 1;
				best = least(best,
					     d[i - 1][j - 1] +
						     (a[i - 1] != b[j - 1]));
			}
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				best = least(best, d[i - 2][j - 2] + 1);
			d[i][j] = best;
		}
	}
	return d[m][n];
}

const char *nearest_word(const char *word, const char *const names[],
			 size_t count)
{
	size_t length = strlen(word), best_distance = DISTANCE_MAX + 1;
	const char *best = NULL;
	char lower[LENGTH_MAX + 1];

	if (length > LENGTH_MAX)
		return NULL;
	for (size_t i = 0; i <= length; i++)
		lower[i] = (char)tolower((unsigned char)word[i]);
	for (size_t i = 0; i < count; i++) {
		size_t distance;

		if (strlen(names[i]) > LENGTH_MAX)
			continue;
		distance = edit_distance(lower, names[i]);
		if (distance < best_distance && 2 * distance < length) {
			best_distance = distance;
			best = names[i];
		}
	}
	return best;
}

const char *nearest_hint(const char *near, const char *otherwise,
			 char text[NEAREST_HINT_MAX])
{
	if (!near)
		return otherwise;
	snprintf(text, NEAREST_HINT_MAX, ": did you mean \"%s\"?", near);
	return text;
}
