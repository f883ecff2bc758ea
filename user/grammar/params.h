/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "arg.h"

/* The TYPEs of options.def, and of impairs.def what many impairments have.
 * NONE takes no argument: its parse is NULL. */
extern const struct grammar_type type_PERCENT, type_COUNT1, type_BITS,
	type_NONE, type_NAME, type_LEASE, type_SCOPE, type_SEED;
