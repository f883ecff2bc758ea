/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <faultline/abi.h>

/* "normal"; "uniform" for FL_TABLE_UNIFORM; NULL from FL_TABLE_FILE on. */
const char *table_name(enum fl_table_id id);

/* FL_TABLE_FILE where no built-in distribution has this name. */
enum fl_table_id table_named(const char *word);
