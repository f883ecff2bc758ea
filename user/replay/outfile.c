/* SPDX-License-Identifier: GPL-2.0-only */
#include "outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_same_file(FILE *a, const char *path)
{
	struct stat x, y;

	return !fstat(fileno(a), &x) && !stat(path, &y) &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino &&
	       S_ISREG(x.st_mode);
}

/* A link is not what would have to be removed, nor is /dev/null. */
static char *path_of(FILE *file, const char *path)
{
	struct stat is;

	if (fstat(fileno(file), &is) || !S_ISREG(is.st_mode))
		return NULL;
	return realpath(path, NULL);
}

int outfile_open(struct outfile *out, const char *path, FILE *in,
		 struct fl_error *error)
{
	bool is_stdout = !strcmp(path, "-");

	*out = (struct outfile){ .name = is_stdout ? "<stdout>" : path };
	if (!is_stdout && is_same_file(in, path))
		return fl_fail(error, FL_EXIT_USAGE,
			       "%.200s: is also the input: write to another "
			       "file",
			       path);
	out->file = is_stdout ? stdout : fopen(path, "we");
	if (!out->file)
		return fl_fail(error, FL_EXIT_ERROR, "%.200s: %s", path,
			       strerror(errno));
	if (!is_stdout)
		out->path = path_of(out->file, path);
	return 0;
}

bool outfile_is_good(struct outfile *out)
{
	if (!ferror(out->file))
		return true;
	if (!out->err)
		out->err = errno;
	return false;
}

static int close_file(struct outfile *out, struct fl_error *error)
{
	bool failed = ferror(out->file);

	if (out->file == stdout) {
		fflush(stdout);
		return 0;
	}
	errno = 0;
	failed |= !!fclose(out->file);
	if (!failed)
		return 0;
	if (!out->err)
		out->err = errno;
	return fl_fail(error, FL_EXIT_ERROR, "%.200s: %s", out->name,
		       out->err ? strerror(out->err) : "cannot be written");
}

int outfile_close(struct outfile *out, bool remove, struct fl_error *error)
{
	int code = 0;

	if (out->file)
		code = close_file(out, error);
	if (out->path && (code || remove))
		unlink(out->path);
	free(out->path);
	*out = (struct outfile){ 0 };
	return code;
}
