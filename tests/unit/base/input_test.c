/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/input.h"
#include "lib/tap.h"

static char dir[] = "/tmp/input_test.XXXXXX";
static char path[128];

static const char *in_dir(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void make(const char *name, const char *text, off_t size)
{
	int fd = open(in_dir(name), O_CREAT | O_WRONLY | O_TRUNC, 0600);
	ssize_t length = (ssize_t)strlen(text);

	tap_ok(fd >= 0 && write(fd, text, (size_t)length) == length &&
		       !ftruncate(fd, size),
	       "%s is made", name);
	close(fd);
}

static void refused(const char *file, const char *why)
{
	struct fl_error error = { "" };
	struct timespec begin, end;
	struct input in;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	tap_is_u64((__u64)input_read(file, &in, &error), FL_EXIT_ERROR,
		   "%s: refused", file);
	clock_gettime(CLOCK_MONOTONIC, &end);
	tap_ok(!in.text && !in.length, "%s: nothing is left", file);
	tap_ok(end.tv_sec - begin.tv_sec < 5, "%s: at once", file);
	if (!tap_ok(strstr(error.text, why), "%s: %s", file, why))
		tap_diag("%s", error.text);
}

static void check_kinds(void)
{
	refused("/nonexistent/x", "/nonexistent/x: No such file or directory");
	refused("/tmp", "/tmp: Is a directory");
	refused("/dev/zero", "/dev/zero: this is a device");
	refused("/dev/null", "this is a device");
	refused("/dev/tty", "/dev/tty: ");
	if (mkfifo(in_dir("fifo"), 0600))
		tap_ok(0, "mkfifo");
	else
		refused(path, "fifo: this is a FIFO");
	/* To /proc a file, but it cannot be read. */
	refused("/proc/self/mem", "Input/output error");
}

static void check_size(void)
{
	struct fl_error error;
	struct input in;

	make("huge", "", 1 << 30);
	refused(path, "huge: longer than 32 MiB");
	make("over", "", INPUT_MAX + 1);
	refused(path, "over: longer than 32 MiB");
	make("full", "x", INPUT_MAX);
	tap_is_u64((__u64)input_read(path, &in, &error), 0, "32 MiB are read");
	tap_ok(in.length == INPUT_MAX && in.text[0] == 'x' &&
		       !in.text[INPUT_MAX],
	       "all of them, and a NUL");
	free(in.text);
	make("some", "one\ntwo", 7);
	tap_is_u64((__u64)input_read(path, &in, &error), 0, "a file is read");
	tap_is_str(in.text, "one\ntwo", "as it is");
	free(in.text);
	make("empty", "", 0);
	tap_is_u64((__u64)input_read(path, &in, &error), 0, "an empty one too");
	tap_is_str(in.text, "", "which is empty");
	free(in.text);
}

/* As the shell passes "<(command)". */
static void check_pipe(void)
{
	struct fl_error error;
	struct input in;
	char name[32];
	int ends[2];

	if (pipe(ends))
		return;
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[0]);
	if (write(ends[1], "loss 1%", 7) != 7)
		return;
	close(ends[1]);
	tap_is_u64((__u64)input_read(name, &in, &error), 0, "a pipe is read");
	tap_is_str(in.text, "loss 1%", "to its end");
	free(in.text);
	close(ends[0]);
}

/* Nobody knows how long it is. */
static void check_endless(void)
{
	int zero = open("/dev/zero", O_RDONLY), before = dup(0);

	dup2(zero, 0);
	refused("-", "<stdin>: longer than 32 MiB");
	dup2(before, 0);
	close(before);
	close(zero);
}

/* Sanitizers want more memory than that for themselves. */
static void check_memory(void)
{
#ifndef __SANITIZE_ADDRESS__
	struct rlimit before, low = { 8 << 20, 0 };

	getrlimit(RLIMIT_AS, &before);
	low.rlim_max = before.rlim_max;
	make("big", "x", 16 << 20);
	setrlimit(RLIMIT_AS, &low);
	refused(path, "big: out of memory");
	setrlimit(RLIMIT_AS, &before);
#endif
}

int main(void)
{
	static const char *const names[] = { "fifo", "huge",  "over", "full",
					     "some", "empty", "big" };

	if (!mkdtemp(dir))
		return 1;
	check_kinds();
	check_size();
	check_pipe();
	check_endless();
	check_memory();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(in_dir(names[i]));
	rmdir(dir);
	return tap_done();
}
