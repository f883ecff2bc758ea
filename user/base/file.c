/* SPDX-License-Identifier: GPL-2.0-only */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(const char *path, const char *why, struct fl_error *error)
{
	return fl_fail(error, FL_EXIT_ERROR, "%.200s: %s", path, why);
}

static int check(const struct stat *st, const char *path,
		 struct fl_error *error)
{
	if (S_ISDIR(st->st_mode))
		return refuse(path, strerror(EISDIR), error);
	if (!S_ISREG(st->st_mode))
		return refuse(path, "this is not a regular file", error);
	if (st->st_size > FILE_BYTES_MAX)
		return refuse(path, "this file is larger than 64 MiB", error);
	return 0;
}

/* Looked at before, because to open some devices does something. */
static int open_regular(const char *path, struct fl_error *error)
{
	struct stat st;
	int fd, code;

	if (stat(path, &st))
		return -refuse(path, strerror(errno), error);
	if (check(&st, path, error))
		return -1;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -refuse(path, strerror(errno), error);
	code = fstat(fd, &st) ? refuse(path, strerror(errno), error) :
				check(&st, path, error);
	if (!code)
		return fd;
	close(fd);
	return -1;
}

FILE *file_open(const char *path, struct fl_error *error)
{
	int fd = open_regular(path, error);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");

	if (fd >= 0 && !stream) {
		refuse(path, strerror(errno), error);
		close(fd);
	}
	return stream;
}
