/* SPDX-License-Identifier: GPL-2.0-only */
/* What was given to the holder beside what came out of it again. */
#pragma once

#include "open.h"

struct balance { /* packets of each side, since attach */
	__u64 held[FL_SIDES], released[FL_SIDES];
};

/* 0 or -errno. Of packets on the move it may show some as released that it
 * does not show as held, but not the other way round. */
int balance_read(struct device *dev, struct balance *balance);

/* Held, and not released. */
__u64 balance_left(const struct balance *balance, __u32 side);

/* For when nothing is held any more: the rules' counters say so too. */
void balance_close(struct device *dev);
