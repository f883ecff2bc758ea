/* SPDX-License-Identifier: GPL-2.0-only */
/* What the verbs tell the user beside their result. */
#pragma once

#include "device.h"

/* Adds a remark; what there is no room for is left out. */
void report_note(struct device_attach_report *report, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds @text to what could not be put back. */
void report_text(char *leftovers, size_t size, const char *text);

/* Adds "WHAT: error" to what could not be put back. @err is a negative
 * errno. */
void report_leftover(char *leftovers, size_t size, const char *what, int err);
