/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by engine_sample.c and engine_flows.c only. */
#pragma once

#include "private.h"

void engine_sample_device(struct engine *engine, struct sample_device *device);
