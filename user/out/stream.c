/* SPDX-License-Identifier: GPL-2.0-only */
#include "stream.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

#define NOTE_MAX 4096

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
	char text[NOTE_MAX], shown[4 * NOTE_MAX];
	va_list args;

	if (quiet)
		return;
	/* Else a note could overtake the data that it is about. */
	fflush(stdout);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fprintf(stderr, "%s\n", text_shown(text, shown, sizeof(shown)));
}

void out_error(const struct fl_error *error)
{
	char shown[4 * sizeof(error->text)];

	fprintf(stderr, "faultline: %s\n",
		text_shown(error->text, shown, sizeof(shown)));
}
