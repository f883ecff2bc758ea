/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that have come, on their way into the wheel. */
#pragma once

#include <stdbool.h>

#include "state.h"

/* Takes what has come, all of it if it can: that is a matter of milliseconds
 * also after a long time. Returns how many. */
__u32 hold_take(struct worker *worker);

/* Much has come that is still to be taken. */
bool hold_is_behind(struct worker *worker);
