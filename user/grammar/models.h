/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "arg.h"

/* Types of arguments that only one or two impairments have. */
extern const struct grammar_type type_SILENT, type_DROP, type_ORDERED, type_ECN,
	type_PART, type_MEAN, type_TRACE, type_DSCP32;

/* A path, or another word of a file, into the FL_FILE_LEN bytes at @value. 0,
 * or -EINVAL or -ERANGE. */
int grammar_parse_path(const char *word, void *value);
