/* SPDX-License-Identifier: GPL-2.0-only */
/* The device record -> struct sample_device. */
#pragma once

#include "stats/sample.h"

/* With the time of now, and not degraded. */
void describe_device(const struct fl_device *record, const char name[16],
		     struct sample_device *device);
