/* SPDX-License-Identifier: GPL-2.0-only */
/* Packets that were given to a worker and did not come out again. */
#pragma once

#include <stdbool.h>

#include "device/open.h"

/*
 * Counts lost packets: with no worker there and nothing held any more, packets
 * that were counted as held and have not gone on are lost. Some may still be on
 * their way, so the least of what is seen during @look_ns is added.
 */
void hold_count_lost(struct device *dev, __u64 look_ns);

/*
 * With all quiet there is nothing on its way, and what is lost is known
 * exactly. False when it was not so quiet. *@busy_at: when a packet last came
 * or went, which somebody else writes.
 */
bool hold_settle_lost(struct device *dev, const __u64 *busy_at);
