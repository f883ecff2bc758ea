/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "out.h"

int out_text_stats(const struct stats_table *table, struct fl_error *error);
