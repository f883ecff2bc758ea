/* SPDX-License-Identifier: GPL-2.0-only */
/* A list of results with a limit; further results are left out. */
#pragma once

#include "probe.h"

struct probe_report {
	struct probe_result *list;
	size_t max, count;
};

/* Adds a result with an empty fix; what does not fit is cut off. */
void probe_add(struct probe_report *report, const char *what,
	       enum probe_state state, const char *found, ...)
	__attribute__((format(printf, 4, 5)));

/* The fix of the result that was added last. */
void probe_fix(struct probe_report *report, const char *fix, ...)
	__attribute__((format(printf, 2, 3)));
