/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Signals are held back while something is half done: one that comes meanwhile
 * acts afterwards. Only SIGKILL and SIGSTOP cannot be.
 */
#pragma once

#include <stdbool.h>

void signals_hold(void);

/* As before: what has come since takes effect now, and may end us. */
void signals_let(void);

/* Whether one waits that asks us to end: there is no point in waiting for
 * anything else. */
bool signals_want_end(void);
