/* SPDX-License-Identifier: GPL-2.0-only */
/* The loop of -w: a beat that ends when nobody wants to go on. */
#pragma once

#include <stdbool.h>

#include <linux/types.h>

/* A beat each @interval_ns, or each second when it is 0. From here on SIGINT
 * and SIGTERM end the loop; the second one ends us. */
void watch_begin(__u64 interval_ns);

/*
 * Waits until the next beat, counted from the one before and not from now.
 * False when a signal has come or the reader of stdout has gone.
 */
bool watch_next(void);

/* A signal has ended the loop, perhaps in the middle of the output. */
bool watch_stopped(void);
