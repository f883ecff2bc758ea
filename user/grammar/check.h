/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether words of a rule go together: 0, or an enum fl_exit and @error. */
#pragma once

#include <faultline/abi.h>

#include "base/error.h"

/* Of one impairment, as the user gave it for @rule; completes it. */
int grammar_check_params(const struct fl_rule *rule, struct fl_impair *impair,
			 struct fl_error *error);

/* Of all impairments of a rule, of which there must be one. */
int grammar_check_impairs(const struct fl_rule *rule, struct fl_error *error);
