/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets whose time has come: out of the wheel, and counted. */
#pragma once

#include "state.h"

/* Lets go of its memory. It is not in the wheel. */
void hold_drop(struct worker *worker, struct hold_packet *packet);

/* Sends on what is due at @now_ns, for a while. Returns how many. */
__u32 hold_release(struct worker *worker, __u64 now_ns);
