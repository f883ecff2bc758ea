/* SPDX-License-Identifier: GPL-2.0-only */
/* Paths that are kept in rules. */
#pragma once

#include <faultline/abi.h>

#include "error.h"

/*
 * Replaces @file, which names an existing file for a @what ("trace"), by its
 * absolute path: "list" may be read where the path means another file. A pipe
 * has no path, and keeps the word. 0, or an enum fl_exit with @error where
 * "add" would not take it back.
 */
int path_make_absolute(char file[FL_FILE_LEN], const char *what,
		       struct fl_error *error);
