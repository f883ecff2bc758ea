/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that rules name. */
#pragma once

#include <stdio.h>

#include "error.h"

#define FILE_BYTES_MAX (64u << 20)

/*
 * Opens a regular file of at most FILE_BYTES_MAX for reading. Anything else
 * might never end, or keep us waiting: a pipe, a device. NULL with @error.
 */
FILE *file_open(const char *path, struct fl_error *error);
