/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether what the process is there for is still there. */
#pragma once

#include <stdbool.h>

#include "device/open.h"

/* Whether what is attached is still what @dev has open, and its device is
 * here. */
bool hold_is_attached(const struct device *dev);
