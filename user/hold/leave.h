/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest leaves: nobody gives us its packets any more, those that are held go
 * on at once, and some are still on their way to us. */
#pragma once

#include "state.h"

void leave_begin(struct worker *worker, struct guest *guest, __u64 now_ns);

/* Whether nothing more is to be expected of it. */
bool leave_is_over(struct guest *guest, __u64 now_ns);

/* Out of the worker's list, and to the usher. */
void leave_end(struct worker *worker, struct guest *guest);
