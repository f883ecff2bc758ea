/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of rules: read once, and neither FIFOs nor devices. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/input.h"
#include "device/contents.h"
#include "lib/tap.h"

static char directory[] = "/tmp/device_contents_test.XXXXXX";

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");

	if (!file)
		return;
	fputs(text, file);
	fclose(file);
}

static struct fl_rule trace_of(const char *path)
{
	struct fl_rule rule = { .impair_count = 1 };

	rule.impairs[0].kind = FL_IMPAIR_LOSS_TRACE;
	snprintf(rule.file[FL_FILE_TRACE], FL_FILE_LEN, "%s", path);
	return rule;
}

static void check_trace(void)
{
	struct fl_rule rules[] = { trace_of("a"), trace_of("./a") };
	struct fl_error error = { 0 };
	struct contents *contents = NULL;
	const struct trace *trace;
	char path[FL_FILE_LEN];

	write_file("a", "0110 # so\n1\n");
	tap_is_u64((__u64)contents_read(rules, 2, &contents, &error), 0,
		   "two rules of one trace");
	snprintf(path, sizeof(path), "%s/a", directory);
	tap_is_str(rules[1].file[FL_FILE_TRACE], path, "by its whole path");
	write_file("a", "1");
	trace = contents_trace(contents, path);
	tap_is_u64(trace->length, 5, "as it was when it was read");
	tap_is_u64(trace->words[0], 0x16, "its digits");
	contents_free(contents);
}

/* A rule that names @path, as trace or distribution, is refused. */
static void refuse(const char *path, const char *why)
{
	struct fl_rule rule = trace_of(path);
	struct fl_error error = { 0 };
	struct contents *contents;

	tap_is_u64((__u64)contents_read(&rule, 1, &contents, &error),
		   FL_EXIT_ERROR, path);
	if (!tap_ok(strstr(error.text, why) != NULL, why))
		tap_diag("%s", error.text);
	memset(&rule, 0, sizeof(rule));
	snprintf(rule.file[FL_FILE_DELAY], FL_FILE_LEN, "%s", path);
	tap_is_u64((__u64)contents_read(&rule, 1, &contents, &error),
		   FL_EXIT_ERROR, "nor as a distribution");
}

static void check_refusals(void)
{
	FILE *large;

	refuse("/no/such/file", "No such file");
	refuse("/tmp", "directory");
	refuse("/dev/zero", "this is a device");
	refuse("/dev/null", "this is a device");
	if (!mkfifo("fifo", 0600))
		refuse("fifo", "this is a FIFO");
	large = fopen("large", "w");
	if (large && !ftruncate(fileno(large), INPUT_MAX + 1))
		refuse("large", "longer than 32 MiB");
	if (large)
		fclose(large);
}

int main(void)
{
	if (!tap_ok(mkdtemp(directory) && !chdir(directory), "a directory"))
		return tap_done();
	check_trace();
	check_refusals();
	unlink("a");
	unlink("fifo");
	unlink("large");
	if (!chdir("/"))
		rmdir(directory);
	return tap_done();
}
