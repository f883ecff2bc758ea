/* SPDX-License-Identifier: GPL-2.0-only */
/* Making what holds packets until they depart. */
#pragma once

#include "open.h"

/*
 * Brings up whatever is not there yet, in the network namespace of the device,
 * and returns when packets can be held. Call with the lock held, of a device
 * that has a holder, before a rule with FL_ACT_HOLD is in force. Writes the
 * device record. FL_EXIT_*.
 */
int ways_make(struct device *dev, struct fl_error *error);
