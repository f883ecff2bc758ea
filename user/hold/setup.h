/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets, memory and wheel of a worker. FL_EXIT_*. */
#pragma once

#include "state.h"

/* Everything that the worker needs, but what makes packets come. */
int hold_set_up(struct worker *worker, struct fl_error *error);

/* From here on packets come, as long as the worker's heart beats: the kernel
 * tells the programs when this thread has ended. */
void hold_receive_from_now(struct worker *worker);

/* Nobody is to give us packets any more. */
void hold_receive_no_more(struct worker *worker);
