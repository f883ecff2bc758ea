/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that were given to a worker and did not come out again. */
#pragma once

#include <stdbool.h>

#include "state.h"

/*
 * Counts lost packets: with the worker gone and nothing held any more, packets
 * that were counted as held and have not gone on are lost. Some may still be on
 * their way, so the least of what is seen during @look_ns is added. @last: the
 * devices, and what their queues say that they lost, are about to go as well.
 */
void hold_count_lost(struct device *dev, __u64 look_ns, bool last);

/*
 * With all quiet there is nothing on its way, and what is lost is known
 * exactly. False when it was not so quiet.
 */
bool hold_settle_lost(struct device *dev, const struct hold_shared *shared);
