/* SPDX-License-Identifier: GPL-2.0-only */
/* Trace files: one digit for each packet. */
#pragma once

#include <linux/types.h>

#include "base/error.h"

struct trace {
	__u64 *words; /* packet n is bit n; malloced */
	__u32 length; /* packets */
};

/*
 * Reads @path: digits 0 (passes) and 1 (dropped), with any blanks and line ends
 * between them, and comments from # to the end of the line. Returns 0, or an
 * enum fl_exit with @error naming file, line and column.
 */
int trace_read(const char *path, struct trace *trace, struct fl_error *error);
