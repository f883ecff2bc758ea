/* SPDX-License-Identifier: GPL-2.0-only */
/* The hold process, "faultline hold": starting and ending it. */
#pragma once

#include <stdbool.h>

#include "open.h"

/* Whether the heartbeat of the hold process is fresh. */
bool process_beats(const struct fl_control *control);

/* Whether process @pid is one of ours; pids are used again. */
bool process_is_ours(__u32 pid);

/*
 * Starts it, or has it take this device in, too, and waits until it beats.
 * FL_EXIT_*, with its own last words.
 */
int process_start(const struct device *dev, struct fl_error *error);

/*
 * Lets it give away what it holds of this device, and forget it: 0. Kills it
 * when it does not, and its supervisor has another go on with the others: 1;
 * -ETIMEDOUT when it is still there even so.
 */
int process_stop(struct fl_control *control);
