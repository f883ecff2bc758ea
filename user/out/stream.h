/* SPDX-License-Identifier: GPL-2.0-only */
/* stdout and stderr, as all formats use them. */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* stdout cannot be written to any more: there is no point in going on. Whoever
 * writes much asks now and then. */
bool out_failed(void);

/* From here on what is printed tells of something that is done, and stays so
 * where stdout cannot be written to. */
void out_change(void);
bool out_changed(void);

/* From here on out_note() prints nothing. */
void out_be_quiet(void);

/* A line on stderr for the reader; what a terminal would act on is escaped. */
void out_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Why we failed, on stderr, in quiet too. */
void out_error(const struct fl_error *error);
