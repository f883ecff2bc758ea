/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that users name. Nothing here waits for what may never come or reads
 * what may never end: FIFOs and devices are refused. A pipe is what the shell
 * makes of "<(command)", and is read.
 */
#pragma once

#include <stddef.h>

#include "error.h"

#define INPUT_MAX (32u << 20) /* bytes of a text */

struct input {
	char *text; /* with a closing NUL; malloced */
	size_t length;
};

/* Opens @path for reading. 0 with *@fd, or FL_EXIT_ERROR with @error. */
int input_open(const char *path, int *fd, struct fl_error *error);

/*
 * Reads the whole of @path, or of stdin for "-". 0, or FL_EXIT_ERROR with
 * @error: also when it is longer than INPUT_MAX, or was not read to its end.
 */
int input_read(const char *path, struct input *in, struct fl_error *error);
