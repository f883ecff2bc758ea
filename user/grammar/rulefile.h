/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stddef.h>

#include <faultline/abi.h>

#include "base/error.h"

/*
 * Reads rules of @file ("-" is stdin) as list prints them, one per line, with
 * or without @device in front, or any device where that is NULL; "#" at the
 * beginning of a word ends the line. @device may be escaped, as list does.
 * Gives a malloced array of *@count rules, or an enum fl_exit and @error with
 * @file, line and, where a word is at fault, its column. All of the file is
 * read first: one that cannot be read to its end gives no rule.
 */
int rulefile_load(const char *file, const char *device, struct fl_rule **rules,
		  size_t *count, struct fl_error *error);

/* Makes one rule, malloced, from these words. */
int rulefile_words(int argc, char *const argv[], struct fl_rule **rule,
		   struct fl_error *error);
