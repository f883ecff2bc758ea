/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "cmd.h"

/* The verbs, one line each, and where to read on. */
void help_short(FILE *stream, const struct cmd *const cmds[], size_t count);

/* The same with a first session and the global options. */
void help_long(FILE *stream, const struct cmd *const cmds[], size_t count,
	       const struct opt *globals);

void help_verb(FILE *stream, const struct cmd *cmd, const struct opt *globals);
