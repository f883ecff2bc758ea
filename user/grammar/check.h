/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether terms of a rule can be combined: 0, or an enum fl_exit and @error. */
#pragma once

#include <faultline/abi.h>

#include "base/error.h"

/* Whether the match fields of @rule mean something in its directions. */
int grammar_check_fields(const struct fl_rule *rule, struct fl_error *error);

/* Checks one impairment, as the user gave it for @rule, and completes it. */
int grammar_check_params(const struct fl_rule *rule, struct fl_impair *impair,
			 struct fl_error *error);

/* Checks all impairments of a rule. There must be at least one. */
int grammar_check_impairs(const struct fl_rule *rule, struct fl_error *error);
