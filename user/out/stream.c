/* SPDX-License-Identifier: GPL-2.0-only */
#include "stream.h"

#include <stdarg.h>
#include <stdio.h>

static bool quiet, changed;

bool out_failed(void)
{
	return ferror(stdout);
}

void out_change(void)
{
	changed = true;
}

bool out_changed(void)
{
	return changed;
}

void out_be_quiet(void)
{
	quiet = true;
}

void out_note(const char *format, ...)
{
	va_list args;

	if (quiet)
		return;
	/* Else a note could overtake the data that it is about. */
	fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

void out_error(const struct fl_error *error)
{
	fprintf(stderr, "faultline: %s\n", error->text);
}
