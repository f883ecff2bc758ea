/* SPDX-License-Identifier: GPL-2.0-only */
#include "path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int path_make_absolute(char file[FL_FILE_LEN], const char *what,
		       struct fl_error *error)
{
	char path[PATH_MAX];
	size_t length = 0;

	if (!realpath(file, path))
		return 0;
	while (path[length] > ' ' && path[length] <= '~' && path[length] != '#')
		length++;
	if (path[length] || length >= FL_FILE_LEN)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: the whole path of a %s must be one "
			       "of up to %d characters, without blanks or #",
			       file, what, FL_FILE_LEN - 1);
	memcpy(file, path, length + 1);
	return 0;
}
