/* SPDX-License-Identifier: GPL-2.0-only */
#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#define ROOM_MIN 65536

static int fail_errno(const char *path, int number, struct fl_error *error)
{
	if (number == ENOMEM)
		return fl_fail(error, FL_EXIT_ERROR, "%.200s: out of memory",
			       path);
	return fl_fail(error, FL_EXIT_ERROR, "%.200s: %s", path,
		       strerror(number));
}

/* A FIFO lies in some other file system. */
static int is_pipe(int fd)
{
	struct statfs fs;

	return !fstatfs(fd, &fs) && fs.f_type == PIPEFS_MAGIC;
}

/* A pipe may be waited for. Anything else that has nothing to read now, such
 * as /proc/kmsg, would never end. */
static int check_kind(const char *path, int fd, struct fl_error *error)
{
	struct stat is;

	if (fstat(fd, &is))
		return fail_errno(path, errno, error);
	if (S_ISREG(is.st_mode))
		return 0;
	if (S_ISDIR(is.st_mode))
		return fail_errno(path, EISDIR, error);
	if (!S_ISFIFO(is.st_mode))
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: this is a device: give a file", path);
	if (!is_pipe(fd))
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: this is a FIFO, which may never be "
			       "written to: give a file",
			       path);
	if (fcntl(fd, F_SETFL, 0))
		return fail_errno(path, errno, error);
	return 0;
}

int input_open(const char *path, int *fd, struct fl_error *error)
{
	int code;

	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*fd < 0)
		return fail_errno(path, errno, error);
	code = check_kind(path, *fd, error);
	if (code) {
		close(*fd);
		*fd = -1;
	}
	return code;
}

/* Room for one byte too many, which says that there is more, and the NUL. */
static int make_room(struct input *in, size_t *room)
{
	size_t wanted = *room ? 2 * *room : ROOM_MIN;
	char *text;

	if (in->length + 1 < *room)
		return 0;
	if (wanted > INPUT_MAX + 2)
		wanted = INPUT_MAX + 2;
	text = realloc(in->text, wanted);
	if (!text)
		return -ENOMEM;
	in->text = text;
	*room = wanted;
	return 0;
}

/* 0, -EFBIG, or what reading came to. */
static int read_all(int fd, struct input *in)
{
	size_t room = 0;
	ssize_t got;
	int err;

	for (;;) {
		err = make_room(in, &room);
		if (err)
			return err;
		got = read(fd, in->text + in->length, room - in->length - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		in->length += (size_t)got;
		if (in->length > INPUT_MAX)
			return -EFBIG;
	}
	in->text[in->length] = '\0';
	return 0;
}

/* What is known to be too long need not be read first. */
static int read_checked(int fd, struct input *in)
{
	struct stat is;

	if (fstat(fd, &is))
		return -errno;
	if (S_ISREG(is.st_mode) && is.st_size > INPUT_MAX)
		return -EFBIG;
	return read_all(fd, in);
}

int input_read(const char *path, struct input *in, struct fl_error *error)
{
	int is_stdin = !strcmp(path, "-"), fd = STDIN_FILENO, err;
	const char *name = is_stdin ? "<stdin>" : path;

	*in = (struct input){ 0 };
	if (!is_stdin && input_open(path, &fd, error))
		return FL_EXIT_ERROR;
	err = read_checked(fd, in);
	if (!is_stdin)
		close(fd);
	if (!err)
		return 0;
	free(in->text);
	*in = (struct input){ 0 };
	if (err == -EFBIG)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: longer than %u MiB", name,
			       INPUT_MAX >> 20);
	return fail_errno(name, -err, error);
}
