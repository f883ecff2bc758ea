/* SPDX-License-Identifier: GPL-2.0-only */
#include "labels.h"

#include <stdio.h>
#include <string.h>

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
	static const char *const words[FL_IMPAIR_KINDS] = {
#define IMPAIR(id, words, ...) [FL_IMPAIR_##id] = words,
#include <faultline/impairs.def>
	};

	/* What has the words of the one before it is a form of that. */
	return kind > 1 && !strcmp(words[kind], words[kind - 1]) ? NULL :
								   words[kind];
}
