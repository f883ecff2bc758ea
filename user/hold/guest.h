/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening a device whose packets are to be held, and what the programs know of
 * us. FL_EXIT_*. */
#pragma once

#include "state.h"

/*
 * Everything but what makes packets come. Call it in the network namespace of
 * the device. @dev is the guest's from here on, also when this fails.
 */
int guest_open(struct device *dev, struct guest **guest,
	       struct fl_error *error);
void guest_close(struct guest *guest);

/* The counters by id * FL_SIDES + side; NULL: no memory. */
struct fl_holding *guest_holding(struct guest *guest, __u32 index);

/* Packets come as long as its heart beats: the kernel tells the programs when
 * this thread has ended. */
void guest_enter_name(struct guest *guest);
/* Nobody is to give us its packets any more. */
void guest_strike_name(struct guest *guest);
