/* SPDX-License-Identifier: GPL-2.0-only */
#include "tables.h"

#include <stdlib.h>
#include <string.h>

#include "compile/tables.h"

/* The distributions of a rule: where each is kept, or NULL. */
struct places {
	__u32 *table[FL_FILES];
};

static struct places find_places(const struct fl_rule *rule)
{
	struct places found = { 0 };

	for (__u32 i = 0; i < rule->impair_count; i++) {
		union fl_params *u = (union fl_params *)&rule->impairs[i].u;

		if (rule->impairs[i].kind == FL_IMPAIR_DELAY)
			found.table[FL_FILE_DELAY] = &u->delay.table;
		if (rule->impairs[i].kind == FL_IMPAIR_SLOT)
			found.table[FL_FILE_SLOT] = &u->slot.table;
	}
	return found;
}

/* Bit of each table that a file of @rule is in; of them in *@same those with
 * this @path. */
static __u32 find_used(const struct fl_rule *rule, const char *path,
		       __u32 *same)
{
	struct places places = find_places(rule);
	__u32 used = 0;

	for (int file = 0; file < FL_FILES; file++) {
		const __u32 *table = places.table[file];

		if (!table || *table < FL_TABLE_FILE || *table >= FL_TABLES)
			continue;
		used |= 1u << *table;
		if (!strcmp(rule->file[file], path))
			*same |= 1u << *table;
	}
	return used;
}

/* The table that has the values of @path already, or a free one, or
 * FL_TABLES. */
static __u32 find_table(const struct device *dev, const char *path,
			const struct fl_table *values,
			const struct fl_rule *rule,
			const struct fl_rule *const others[], size_t count)
{
	__u32 same = 0, used = find_used(rule, path, &same);
	__u32 id;

	for (size_t i = 0; i < count; i++)
		used |= find_used(others[i], path, &same);
	for (id = FL_TABLE_FILE; id < FL_TABLES; id++) {
		if (same & 1u << id &&
		    !memcmp(&dev->distributions[id], values, sizeof(*values)))
			return id;
	}
	for (id = FL_TABLE_FILE; id < FL_TABLES && used & 1u << id; id++)
		;
	return id;
}

static int place_file(struct device *dev, struct fl_rule *rule, int file,
		      const struct fl_rule *const others[], size_t count,
		      const struct fl_table *values, struct fl_error *error)
{
	const char *path = rule->file[file];
	__u32 id = find_table(dev, path, values, rule, others, count);

	if (id == FL_TABLES)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: no room: the rules of a device share "
			       "at most %d distributions from files",
			       path, FL_TABLES - FL_TABLE_FILE);
	dev->distributions[id] = *values;
	*find_places(rule).table[file] = id;
	return 0;
}

int tables_place(struct device *dev, struct fl_rule *rule,
		 const struct fl_rule *const others[], size_t count,
		 const struct contents *contents, struct fl_error *error)
{
	struct places places = find_places(rule);
	struct fl_table *values = malloc(sizeof(*values));
	int code = 0;

	if (!values)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	for (int file = 0; file < FL_FILES && !code; file++) {
		enum fl_table_id id = tables_named(rule->file[file]);

		if (!places.table[file])
			continue;
		*places.table[file] = 0;
		if (id == FL_TABLE_FILE) {
			code = place_file(dev, rule, file, others, count,
					  contents_table(contents,
							 rule->file[file]),
					  error);
			continue;
		}
		if (!tables_builtin(id, values))
			dev->distributions[id] = *values;
		*places.table[file] = id;
	}
	free(values);
	return code;
}
