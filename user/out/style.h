/* SPDX-License-Identifier: GPL-2.0-only */
/* How text looks: colours, and where lines are broken. */
#pragma once

enum out_colour {
	OUT_PLAIN,
	OUT_HEAD,
	OUT_DIM,
	OUT_GOOD,
	OUT_WARN,
	OUT_BAD,
};

/* The escape sequence, or "" where colour is not wanted. */
const char *out_colour(enum out_colour colour);

/* Columns of the terminal, or of COLUMNS, or 80. */
unsigned int out_width(void);

/*
 * Prints @text (of up to 1,024 bytes, those escaped that a terminal would act
 * on) and a newline, from @column on, broken between words before
 * the last column; further lines are indented by @indent, or by less where a
 * single word, such as a command, needs it.
 */
void out_wrap(unsigned int column, unsigned int indent, const char *text);
