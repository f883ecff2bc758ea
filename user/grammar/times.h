/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "arg.h"

/* The TYPEs of impairs.def of what holds packets. */
extern const struct grammar_type type_TIME, type_TIME32, type_TABLE, type_RATE,
	type_BYTES, type_QUEUE;
