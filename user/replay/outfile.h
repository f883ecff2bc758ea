/* SPDX-License-Identifier: GPL-2.0-only */
/* A file that is there whole in the end, or not at all. "-" is stdout. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"

struct outfile {
	FILE *file; /* NULL: not open */
	const char *name;
	char *path; /* of a regular file; NULL: there is nothing to remove */
	int err;    /* errno of the first write that failed */
};

/* FL_EXIT_USAGE when @path is the file that @in reads. */
int outfile_open(struct outfile *out, const char *path, FILE *in,
		 struct fl_error *error);
/* Keeps errno of what went wrong: true as long as nothing did. */
bool outfile_is_good(struct outfile *out);
/* Closes it, and says what went wrong; what failed on stdout main will say.
 * Removed when that is the case, or when the caller wants it. */
int outfile_close(struct outfile *out, bool remove, struct fl_error *error);
