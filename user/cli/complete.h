/* SPDX-License-Identifier: GPL-2.0-only */
/* Completion: what the shell offers when its user hits Tab. */
#pragma once

#include <stdio.h>

#include "cmd.h"

/*
 * Prints the words, one a line, that the last word of @line may become: what
 * was typed from the program's name up to the cursor, cut at blanks. "/" stands
 * for the names of files. Nothing is printed where we do not know, or on an
 * error.
 */
void complete_line(FILE *stream, const char *line,
		   const struct cmd *const cmds[], size_t count,
		   const struct opt_set *globals);
