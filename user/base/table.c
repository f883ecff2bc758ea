/* SPDX-License-Identifier: GPL-2.0-only */
#include "table.h"

#include <stddef.h>
#include <string.h>

static const char *const names[FL_TABLE_FILE] = {
	[FL_TABLE_UNIFORM] = "uniform",
	[FL_TABLE_NORMAL] = "normal",
	[FL_TABLE_PARETO] = "pareto",
	[FL_TABLE_PARETONORMAL] = "paretonormal",
};

const char *table_name(enum fl_table_id id)
{
	return id < FL_TABLE_FILE ? names[id] : NULL;
}

enum fl_table_id table_named(const char *word)
{
	__u32 id = 0;

	while (id < FL_TABLE_FILE && strcmp(word, names[id]))
		id++;
	return (enum fl_table_id)id;
}
