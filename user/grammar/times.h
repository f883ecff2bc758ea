/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "arg.h"

/* Types of arguments of the impairments that hold packets. */
extern const struct grammar_type type_TIME, type_TIME32, type_TABLE, type_RATE,
	type_BYTES, type_QUEUE;
