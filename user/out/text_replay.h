/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "out.h"

/* All of it are notes: stdout may be the capture. */
int out_text_replay(const struct out_replay *replay, struct fl_error *error);
