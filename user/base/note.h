/* SPDX-License-Identifier: GPL-2.0-only */
/* A remark while something takes its time. Rooms that print nothing make it,
 * and whoever prints says how. */
#pragma once

/* @print gets a line without newline; without one, remarks are not made. */
void note_by(void (*print)(const char *line));

void note(const char *format, ...) __attribute__((format(printf, 1, 2)));
