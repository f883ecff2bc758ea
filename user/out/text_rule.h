/* SPDX-License-Identifier: GPL-2.0-only */
/* What one rule did, as rows of a table for people. */
#pragma once

#include "stats/table.h"

#define OUT_RULE_NAME 14 /* width of its first column */

void out_rule(const struct stats_rule *rule);
