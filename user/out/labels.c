/* SPDX-License-Identifier: GPL-2.0-only */
#include "labels.h"

#include <stdio.h>
#include <string.h>

#include <faultline/category.h>

const struct label_reason label_reasons[FL_REASONS] = {
#define REASON(id, label, gone, row, total, help) { label, row, total, gone },
#include <faultline/reasons.def>
#undef REASON
};

const char *const label_effect[FL_EFFECTS] = {
#define EFFECT(id, label, help) label,
#include <faultline/effects.def>
#undef EFFECT
};

const char *label_effect_text(int effect)
{
	static char text[32];

	snprintf(text, sizeof(text), "%s", label_effect[effect]);
	for (char *at = text; *at; at++)
		if (*at == '_')
			*at = ' ';
	return text;
}

const char *label_impairment(__u32 kind)
{
	const char *words = fl_words_of(kind);

	/* What has the words of the one before it is a form of that. */
	return strcmp(words, fl_words_of(kind - 1)) ? words : NULL;
}
