/* SPDX-License-Identifier: GPL-2.0-only */
/* What was given to the engine beside what came out of it again. */
#pragma once

#include "private.h"

struct engine_balance { /* packets of each side, since attach */
	__u64 held[FL_SIDES], released[FL_SIDES];
};

/* 0 or -errno. Of packets on the move it may show some as released that it
 * does not show as held, but not the other way round. */
int engine_balance_read(const struct engine *engine,
			struct engine_balance *balance);

/* Held, and not released. */
__u64 engine_balance_left(const struct engine_balance *balance, __u32 side);

/* For when nothing is held any more: the rules' counters say so too. */
void engine_balance_close(const struct engine *engine);
