/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Test Anything Protocol for prove(1). Each check is one numbered line on
 * stdout; a failure adds "#" lines with file, line and both values. Checks
 * return whether they held. End main() with "return tap_done();".
 */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

#define tap_ok(condition, ...) \
	tap_ok_at(__FILE__, __LINE__, !!(condition), __VA_ARGS__)
#define tap_is_u64(got, want, ...) \
	tap_is_u64_at(__FILE__, __LINE__, got, want, __VA_ARGS__)
#define tap_is_str(got, want, ...) \
	tap_is_str_at(__FILE__, __LINE__, got, want, __VA_ARGS__)

/* Promises @count checks: more or fewer then fail. Optional. */
void tap_plan(unsigned int count);

bool tap_ok_at(const char *file, int line, bool held, const char *name, ...)
	__attribute__((format(printf, 4, 5)));
bool tap_is_u64_at(const char *file, int line, __u64 got, __u64 want,
		   const char *name, ...) __attribute__((format(printf, 5, 6)));
/* NULL equals NULL only. */
bool tap_is_str_at(const char *file, int line, const char *got,
		   const char *want, const char *name, ...)
	__attribute__((format(printf, 5, 6)));

/* Counts as one check that could not be made here, and says why. */
void tap_skip(const char *why, ...) __attribute__((format(printf, 1, 2)));

/* A "#" line, for what helps to understand a failure. */
void tap_diag(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Nothing can be checked here: "return tap_skip_all(why);" from main(). */
int tap_skip_all(const char *why);

/* Prints the plan; the exit status: 0 when every check held. */
int tap_done(void);
