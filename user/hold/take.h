/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that have come, on their way into the wheel. */
#pragma once

#include "state.h"

/* Takes what has come for @guest, for a millisecond at most. Returns how
 * many. */
__u32 hold_take(struct worker *worker, struct guest *guest);
