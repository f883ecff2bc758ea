/* SPDX-License-Identifier: GPL-2.0-only */
/* What e2e_owd was asked for: KEY=VALUE words, times in ns. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct words {
	double count, pps, size, port, sport, flows, prio, tos, expect, wait,
		base, mean, sigma;
	const char *dist, *save, *sample, *arrivals;
};

static struct words words = {
	.count = 1000,
	.pps = 1000,
	.size = 100,
	.port = 5000,
	.flows = 1,
	.wait = 1e9,
};

/* False where the key is not known or the value is no number. */
static inline bool set_word(char *word)
{
	const struct {
		const char *key;
		double *to;
	} numbers[] = {
		{ "count", &words.count }, { "pps", &words.pps },
		{ "size", &words.size },   { "port", &words.port },
		{ "flows", &words.flows }, { "prio", &words.prio },
		{ "tos", &words.tos },	   { "expect", &words.expect },
		{ "wait", &words.wait },   { "base", &words.base },
		{ "mean", &words.mean },   { "sigma", &words.sigma },
		{ "sport", &words.sport },
	};
	const struct {
		const char *key, **to;
	} texts[] = {
		{ "dist", &words.dist },
		{ "save", &words.save },
		{ "sample", &words.sample },
		{ "arrivals", &words.arrivals },
	};
	char *value = strchr(word, '='), *end = NULL;

	if (!value)
		return false;
	*value++ = 0;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!strcmp(texts[i].key, word)) {
			*texts[i].to = value;
			return true;
		}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (!strcmp(numbers[i].key, word))
			*numbers[i].to = strtod(value, &end);
	return end && end != value && !*end;
}
