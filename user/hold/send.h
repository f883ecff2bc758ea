/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "state.h"

/* Sends them in this order by the device of @side. Their frames are no longer
 * the caller's. */
void hold_send(struct worker *worker, __u32 side, const __u32 *frames,
	       __u32 count);
