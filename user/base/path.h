/* SPDX-License-Identifier: GPL-2.0-only */
/* Paths that are kept in rules. */
#pragma once

#include <faultline/abi.h>

#include "error.h"

/*
 * Replaces @file, the name of an existing file for a @what ("trace"), by its
 * absolute path, because "list" may be read where the name means another file.
 * What has no path keeps its name: whoever opens it says why not. Returns 0, or
 * an enum fl_exit with @error where "add" would not accept the path.
 */
int path_make_absolute(char file[FL_FILE_LEN], const char *what,
		       struct fl_error *error);
