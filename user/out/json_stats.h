/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "out.h"

int out_json_stats(const struct stats_table *table, struct fl_error *error);
/* The same document: rates are for the reader to work out. */
int out_json_beat(const struct out_beat *beat, struct fl_error *error);
