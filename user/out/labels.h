/* SPDX-License-Identifier: GPL-2.0-only */
/* What reasons and effects are called. */
#pragma once

#include <stdbool.h>

#include <faultline/abi.h>

/* Names from reasons.def. */
struct label_reason {
	const char *label, *row, *total;
	bool gone;
};
extern const struct label_reason label_reasons[FL_REASONS];

/* Names from effects.def, as in JSON: "not_ect". */
extern const char *const label_effect[FL_EFFECTS];

/* As people read it, "not ect": good until the next call. */
const char *label_effect_text(int effect);

/* The words of an impairment, or NULL if another kind has the same. */
const char *label_impairment(__u32 kind);
