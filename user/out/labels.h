/* SPDX-License-Identifier: GPL-2.0-only */
/* What reasons and effects are called. */
#pragma once

#include <faultline/abi.h>

/* Of reasons.def and effects.def, as in JSON: "not_ect". */
extern const char *const label_reason[FL_REASONS];
extern const char *const label_effect[FL_EFFECTS];

/* As people read it, "not ect": good until the next call. */
const char *label_effect_text(int effect);
