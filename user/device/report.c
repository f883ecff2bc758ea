/* SPDX-License-Identifier: GPL-2.0-only */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void report_note(struct device_attach_report *report, const char *format, ...)
{
	const size_t max = sizeof(report->notes) / sizeof(*report->notes);
	va_list args;

	if (report->note_count == max)
		return;
	va_start(args, format);
	vsnprintf(report->notes[report->note_count++], sizeof(*report->notes),
		  format, args);
	va_end(args);
}

void report_text(char *leftovers, size_t size, const char *text)
{
	size_t used = strlen(leftovers);

	snprintf(leftovers + used, size - used, "%s%s", used ? "; " : "", text);
}

void report_leftover(char *leftovers, size_t size, const char *what, int err)
{
	char text[200];

	snprintf(text, sizeof(text), "%.140s: %s", what, strerror(-err));
	report_text(leftovers, size, text);
}
