/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by device_sample.c and device_flows.c only. */
#pragma once

#include "private.h"

void device_sample_device(struct device *dev, struct sample_device *device);
