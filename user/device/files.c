/* SPDX-License-Identifier: GPL-2.0-only */
#include "files.h"

#include <errno.h>
#include <stdlib.h>

#include "tables.h"
#include "traces.h"

struct files {
	struct device *dev;
	const struct fl_rule **rules;
	size_t count, room;
	struct traces traces;
};

bool files_named(const struct fl_rule *rule)
{
	for (int file = 0; file < FL_FILES; file++)
		if (*rule->file[file])
			return true;
	return false;
}

struct files *files_new(struct device *dev)
{
	struct files *files = calloc(1, sizeof(*files));

	if (files)
		files->dev = dev;
	return files;
}

void files_free(struct files *files)
{
	if (!files)
		return;
	free(files->rules);
	free(files);
}

int files_note(struct files *files, const struct fl_rule *rule)
{
	size_t room = 2 * files->room + 16;
	const struct fl_rule **rules;

	if (!files_named(rule))
		return 0;
	if (files->count == files->room) {
		rules = realloc(files->rules, room * sizeof(*rules));
		if (!rules)
			return -ENOMEM;
		files->rules = rules;
		files->room = room;
	}
	files->rules[files->count++] = rule;
	traces_note(&files->traces, rule);
	return 0;
}

int files_place(struct files *files, struct fl_rule *rule,
		const struct contents *contents, struct fl_error *error)
{
	int code = traces_place(files->dev, rule, &files->traces, contents,
				error);

	return code ? code :
		      tables_place(files->dev, rule, files->rules, files->count,
				   contents, error);
}
