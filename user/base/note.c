/* SPDX-License-Identifier: GPL-2.0-only */
#include "note.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static void (*printer)(const char *line);

void note_by(void (*print)(const char *line))
{
	printer = print;
}

void note(const char *format, ...)
{
	char line[320];
	va_list args;

	if (!printer)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	printer(line);
}
