/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdbool.h>

/*
 * One line for the user, without program name or newline, that names the word
 * at fault. Whoever knows the word fills it; main prints it, once.
 */
struct fl_error {
	char text[320];
};

/* Documented exit codes. */
enum fl_exit {
	FL_EXIT_OK = 0,
	FL_EXIT_ERROR = 1,
	FL_EXIT_USAGE = 2,
	FL_EXIT_UNSUPPORTED = 3,
	FL_EXIT_BUSY = 4,
	FL_EXIT_PERMISSION = 5,
	FL_EXIT_CUT_OFF = 7, /* done, but the input ends in its last record */
};

/* Fills @error and returns @code, so that callers can return it at once. */
int fl_fail(struct fl_error *error, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether @err, a negative errno, says nothing of what was asked for: for want
 * of memory or descriptors, say, it could not be looked at. */
bool fl_is_transient(int err);
