/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hold process: takes the packets that our programs at tc send into the
 * ways of all devices, keeps them in a timing wheel and sends each on when its
 * time has come. See docs/architecture.md, "Holding".
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct hold_options {
	const char *device;
	/* Called once, when packets are held from now on. */
	void (*ready)(void);
};

/*
 * Holds the packets of this device, and of all others that need it, until it is
 * told to end by a signal, or none is left; then lets all of them go. Does its
 * work in a child, and in another one should that die or hang. FL_EXIT_*;
 * FL_EXIT_BUSY when another process does it already.
 */
int hold_run(const struct hold_options *options, struct fl_error *error);
