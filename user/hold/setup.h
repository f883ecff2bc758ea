/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames, sockets and wheel of a worker. FL_EXIT_*. */
#pragma once

#include "state.h"

/* Everything that the worker needs, but what makes packets come. */
int hold_set_up(struct worker *worker, struct fl_error *error);

/* From here on packets come. */
int hold_receive_from_now(struct worker *worker, struct fl_error *error);
