/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a packet that is held comes back: see bpf/probe.h. */
#pragma once

#include "open.h"

/*
 * Sends a packet through the holder for each of @directions (FL_DIR_*) for
 * which none has come back yet, and waits for it. Only while the device is up.
 * Call with the ways made. FL_EXIT_UNSUPPORTED when one does not come back.
 */
int ways_probe(struct device *dev, __u32 directions, struct fl_error *error);
