/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "base/error.h"
#include "stats/sample_replay.h"
#include "stats/table.h"

/* 0, or FL_EXIT_ERROR with @error. */
/* @table: of what is in @replay. */
int out_replay_json(const struct sample_replay *replay,
		    const struct stats_table *table, struct fl_error *error);
