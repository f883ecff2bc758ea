/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/error.h"
#include "stats/sample_replay.h"

/* 0, or FL_EXIT_ERROR with @error. */
int out_replay_json(const struct sample_replay *replay, struct fl_error *error);
