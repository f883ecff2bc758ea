/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "out.h"

/* For people. */
extern const struct out_ops out_text;
