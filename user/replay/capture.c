/* SPDX-License-Identifier: GPL-2.0-only */
#include "capture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/input.h"
#include "capture_pcap.h"
#include "ng_read.h"
#include "ng_write.h"
#include "outfile.h"

/* One of both. */
struct capture {
	struct classic *classic;
	struct ng_reader *ng;
	FILE *file; /* theirs, once one of them is there */
	struct sample_capture facts;
};

struct capture_writer {
	struct capture *like;
	struct classic_writer *classic; /* if @like is one */
	struct outfile out;
};

/* The first byte of one is in no other; it is put back. */
static bool is_pcapng(FILE *file)
{
	int first = getc(file);

	ungetc(first, file);
	return first == (NG_MAGIC & 0xff);
}

static int open_file(struct capture *c, const char *path,
		     struct fl_error *error)
{
	bool is_stdin = !strcmp(path, "-");
	const char *name = is_stdin ? "<stdin>" : path;
	int fd;

	if (!is_stdin && input_open(path, &fd, error))
		return FL_EXIT_ERROR;
	c->file = is_stdin ? stdin : fdopen(fd, "r");
	if (!c->file) {
		close(fd);
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	}
	if (is_pcapng(c->file))
		return ng_open(c->file, name, &c->facts, &c->ng, error);
	return classic_open(c->file, name, &c->facts, &c->classic, error);
}

int capture_open(const char *path, struct capture **capture,
		 struct fl_error *error)
{
	struct capture *c = calloc(1, sizeof(*c));
	int code;

	*capture = c;
	if (!c)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	code = open_file(c, path, error);
	if (code) {
		capture_close(c);
		*capture = NULL;
	}
	return code;
}

int capture_read(struct capture *c, struct capture_frame *frame,
		 struct fl_error *error)
{
	int code = c->ng ? ng_read(c->ng, frame, error) :
			   classic_read(c->classic, frame, error);

	c->facts.is_cut_off = code == FL_EXIT_CUT_OFF;
	return code;
}

const struct sample_capture *capture_facts(const struct capture *c)
{
	return &c->facts;
}

__u64 capture_time_ns(const struct capture *c,
		      const struct capture_frame *frame)
{
	return c->ng ? ng_frame_time_ns(c->ng, frame) :
		       classic_time_ns(c->classic, frame);
}

void capture_close(struct capture *c)
{
	if (!c)
		return;
	if (c->file && !c->ng && !c->classic && c->file != stdin)
		fclose(c->file);
	ng_close(c->ng);
	classic_close(c->classic);
	free(c);
}

int capture_create(const char *path, struct capture *like,
		   struct capture_writer **writer, struct fl_error *error)
{
	struct capture_writer *w = calloc(1, sizeof(*w));
	struct fl_error ignored;
	int code;

	*writer = w;
	if (!w)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	w->like = like;
	code = outfile_open(&w->out, path, like->file, error);
	if (!code && like->classic)
		code = classic_create(w->out.file, w->out.name, like->classic,
				      &w->classic, error);
	if (code) {
		capture_finish(w, true, &ignored);
		*writer = NULL;
	}
	return code;
}

void capture_set_time(const struct capture_writer *w,
		      struct capture_frame *frame, __u64 time_ns)
{
	if (w->classic)
		classic_set_time(w->like->classic, frame, time_ns);
	else
		ng_frame_set_time(w->like->ng, frame, time_ns);
}

bool capture_write(struct capture_writer *w, const struct capture_frame *frame)
{
	errno = 0;
	if (w->classic)
		classic_write(w->classic, frame);
	else
		ng_write_frame(w->out.file, w->like->ng->section.is_big, frame);
	return outfile_is_good(&w->out);
}

bool capture_pass(struct capture_writer *w)
{
	errno = 0;
	ng_write_block(w->out.file, &w->like->ng->part);
	return outfile_is_good(&w->out);
}

int capture_finish(struct capture_writer *w, bool removed,
		   struct fl_error *error)
{
	int code = outfile_close(&w->out, removed, error);

	classic_free_writer(w->classic);
	free(w);
	return code;
}
