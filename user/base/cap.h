/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdbool.h>

/* Whether we have the capability CAP_*, in effect. */
bool cap_has(int capability);
