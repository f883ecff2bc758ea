/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <sys/types.h>

#include "state.h"

/* The whole life of a worker whose supervisor is @parent. The exit status. */
int hold_work(struct device *dev, struct hold_shared *shared, pid_t parent);
