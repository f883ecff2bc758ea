/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text of others (names of devices, words of a command line), made fit to be
 * shown. A byte that will not do becomes "\xNN".
 */
#pragma once

#include <stddef.h>

#define TEXT_DEVICE_MAX 64 /* any name of a device, with the closing NUL */

/*
 * Copies what of @from fits into @to, with its closing NUL; returns @to. What a
 * terminal would act on is escaped: control characters, those that are not seen
 * or turn the direction of the text, and what is not UTF-8.
 */
char *text_shown(const char *from, char *to, size_t size);

/* The same for the first word of a line that add may read: no comment. */
char *text_device(const char *name, char to[TEXT_DEVICE_MAX]);

/* Only what is not UTF-8 is escaped. */
char *text_utf8(const char *from, char *to, size_t size);
