/* SPDX-License-Identifier: GPL-2.0-only */
/* Distributions of jitter: built in, from formulae, or in netem's files. */
#pragma once

#include <faultline/abi.h>

#include "base/error.h"

/* Which table the @word of a rule means: "" is none, "normal" and so on are
 * built in, and anything else is the path of a file. */
enum fl_table_id tables_named(const char *word);

/* Computes a built-in table, the same on every machine. 0, or -EINVAL. */
int tables_builtin(enum fl_table_id id, struct fl_table *out);

/*
 * Reads @path: whole numbers from -32768 to 32767, FL_TABLE_SCALE to one
 * standard deviation, with any blanks and line ends between them, and comments
 * from # to the end of the line. 0, or an enum fl_exit with @error naming file,
 * line and column.
 */
int table_read(const char *path, struct fl_table *out, struct fl_error *error);
