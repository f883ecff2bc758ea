/* SPDX-License-Identifier: GPL-2.0-only */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

void probe_add(struct probe_report *report, const char *what,
	       enum probe_state state, const char *found, ...)
{
	struct probe_result *result;
	va_list args;

	if (report->count == report->max)
		return;
	result = &report->list[report->count++];
	result->what = what;
	result->state = state;
	result->fix[0] = '\0';
	va_start(args, found);
	vsnprintf(result->found, sizeof(result->found), found, args);
	va_end(args);
}

void probe_fix(struct probe_report *report, const char *fix, ...)
{
	struct probe_result *result;
	va_list args;

	if (!report->count)
		return;
	result = &report->list[report->count - 1];
	va_start(args, fix);
	vsnprintf(result->fix, sizeof(result->fix), fix, args);
	va_end(args);
}
