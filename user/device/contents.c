/* SPDX-License-Identifier: GPL-2.0-only */
#include "contents.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "compile/tables.h"

struct content {
	struct content *next;
	char path[FL_FILE_LEN];
	bool is_trace;
	struct trace trace;
	struct fl_table *table;
};

struct contents {
	struct content *first;
	__u32 digits, tables; /* in all */
};

static struct content *find(const struct contents *contents, const char *path,
			    bool is_trace)
{
	struct content *content = contents->first;

	while (content &&
	       (content->is_trace != is_trace || strcmp(content->path, path)))
		content = content->next;
	return content;
}

const struct trace *contents_trace(const struct contents *contents,
				   const char *path)
{
	return &find(contents, path, true)->trace;
}

const struct fl_table *contents_table(const struct contents *contents,
				      const char *path)
{
	return find(contents, path, false)->table;
}

static int read_trace(struct contents *contents, struct content *content,
		      struct fl_error *error)
{
	int code = trace_read(content->path, &content->trace, error);

	if (code)
		return code;
	contents->digits += content->trace.length;
	if (contents->digits > FL_TRACE_WORDS * 64)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: no room: the traces of a device have "
			       "at most %u digits in all",
			       content->path, FL_TRACE_WORDS * 64);
	return 0;
}

static int read_table(struct contents *contents, struct content *content,
		      struct fl_error *error)
{
	content->table = malloc(sizeof(*content->table));
	if (!content->table)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	if (++contents->tables > FL_TABLES - FL_TABLE_FILE)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: no room: the rules of a device share "
			       "at most %d distributions from files",
			       content->path, FL_TABLES - FL_TABLE_FILE);
	return table_read(content->path, content->table, error);
}

/* The name must be that of a file: a missing one is an error of its reader. */
static int read_file(struct contents *contents, char path[FL_FILE_LEN],
		     bool is_trace, struct fl_error *error)
{
	struct content *content;
	int code = path_make_absolute(path, is_trace ? "trace" : "distribution",
				      error);

	if (code || find(contents, path, is_trace))
		return code;
	content = calloc(1, sizeof(*content));
	if (!content)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	content->next = contents->first;
	contents->first = content;
	memcpy(content->path, path, sizeof(content->path));
	content->is_trace = is_trace;
	return is_trace ? read_trace(contents, content, error) :
			  read_table(contents, content, error);
}

static int read_rule(struct contents *contents, struct fl_rule *rule,
		     struct fl_error *error)
{
	int code = 0;

	for (int file = 0; file < FL_FILES && !code; file++) {
		char *path = rule->file[file];

		if (file == FL_FILE_TRACE ? *path != 0 :
					    tables_named(path) == FL_TABLE_FILE)
			code = read_file(contents, path, file == FL_FILE_TRACE,
					 error);
	}
	return code;
}

int contents_read(struct fl_rule *rules, size_t count, struct contents **read,
		  struct fl_error *error)
{
	struct contents *contents = calloc(1, sizeof(*contents));
	int code = 0;

	if (!contents)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	for (size_t i = 0; i < count && !code; i++)
		code = read_rule(contents, &rules[i], error);
	if (code)
		contents_free(contents);
	else
		*read = contents;
	return code;
}

void contents_free(struct contents *contents)
{
	struct content *next, *content = contents ? contents->first : NULL;

	for (; content; content = next) {
		next = content->next;
		free(content->trace.words);
		free(content->table);
		free(content);
	}
	free(contents);
}
