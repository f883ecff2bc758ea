/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lo delivers packets by the route with which they were sent. One that was
 * held, copied on its way in, or turned back has lost it, and the kernel takes
 * an IPv4 packet that comes in from an address of its own for a forgery. Two
 * settings of lo make it look for a route instead.
 */
#pragma once

#include "open.h"

/* Where the device is lo, lets such packets in; the device record says so
 * before. FL_EXIT_*. */
int loopback_let_in(struct device *dev, struct fl_error *error);

/* Fills @why where somebody has set them otherwise since. */
void loopback_check(const struct fl_device *record, char *why, size_t size);

/* As it was before. Negative errno. */
int loopback_restore(const struct fl_device *record);
