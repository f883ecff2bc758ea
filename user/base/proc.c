/* SPDX-License-Identifier: GPL-2.0-only */
#include "proc.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

pid_t proc_parent(pid_t pid)
{
	char path[64], text[512], *end;
	FILE *file;
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (!file)
		return fl_is_transient(-errno) ? -errno : 0;
	/* The name in parentheses may itself hold any character. */
	end = fgets(text, sizeof(text), file) ? strrchr(text, ')') : NULL;
	if (!end || sscanf(end, ") %*c %d", &parent) != 1)
		parent = 0;
	fclose(file);
	return parent;
}

int proc_name(pid_t pid, char *name, size_t size)
{
	char path[64];
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	file = fopen(path, "re");
	if (!file || !fgets(name, (int)size, file))
		err = -ESRCH;
	if (file)
		fclose(file);
	for (char *c = name; !err && *c; c++) {
		if (*c == '\n') {
			*c = '\0';
			break;
		}
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
	return err;
}
