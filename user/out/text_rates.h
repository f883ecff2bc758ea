/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "out.h"

/* One line for each direction and each rule. */
int out_text_beat(const struct out_beat *beat, struct fl_error *error);
