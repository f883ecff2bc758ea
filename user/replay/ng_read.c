/* SPDX-License-Identifier: GPL-2.0-only */
#include "ng_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture_code.h"
#include "capture_links.h"

static int fail(const struct ng_reader *r, int err, struct fl_error *error)
{
	unsigned long long at = r->blocks.offset;

	switch (err) {
	case -ENODATA:
		return fl_fail(error, FL_EXIT_CUT_OFF,
			       "%.200s: cut off at byte %llu: the %llu "
			       "packets before it were read",
			       r->name, at, r->count);
	case -ENOMEM:
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	case -EBADMSG:
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.160s: byte %llu, behind packet %llu: %s",
			       r->name, at, r->count, r->blocks.why);
	}
	return fl_fail(error, FL_EXIT_ERROR, "%.200s: %s", r->name,
		       strerror(-err));
}

static int fail_part(struct ng_reader *r, const char *why,
		     struct fl_error *error)
{
	r->blocks.offset = r->part.offset;
	r->blocks.why = why;
	return fail(r, -EBADMSG, error);
}

int ng_open(FILE *file, const char *name, struct sample_capture *facts,
	    struct ng_reader **reader, struct fl_error *error)
{
	struct ng_reader *r = calloc(1, sizeof(*r));
	int err;

	*reader = r;
	if (!r)
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	r->name = name;
	r->facts = facts;
	r->blocks.file = file;
	facts->is_pcapng = true;
	err = ng_block_read(&r->blocks, &r->part);
	if (err == 1 && r->part.type == NG_SECTION)
		return 0;
	return fl_fail(error, FL_EXIT_ERROR,
		       "%.200s: cannot read this as a capture: %s", name,
		       err == 1	       ? "no section begins in it" :
		       err == -EBADMSG ? r->blocks.why :
		       err == -ENODATA ? "it ends in its first block" :
					 strerror(-err));
}

static int add_interface(struct ng_reader *r, struct fl_error *error)
{
	const char *why = ng_section_add(&r->section, &r->part);

	if (why)
		return fail_part(r, why, error);
	return capture_links_add(
		r->facts, r->section.interfaces[r->section.count - 1].link,
		r->name, error);
}

static int take_packet(struct ng_reader *r, struct capture_frame *frame,
		       struct fl_error *error)
{
	const char *why = ng_section_packet(&r->section, &r->part, frame);

	if (why)
		return fail_part(r, why, error);
	capture_links_count(r->facts, frame->link);
	r->count++;
	return CAPTURE_MORE;
}

/* What to do with the block that was read. */
static int take(struct ng_reader *r, struct capture_frame *frame,
		struct fl_error *error)
{
	int code = 0;

	switch (r->part.type) {
	case NG_ENHANCED:
	case NG_SIMPLE:
	case NG_PACKET:
		return take_packet(r, frame, error);
	case NG_SECTION:
		return CAPTURE_SECTION;
	case NG_INTERFACE:
		code = add_interface(r, error);
		break;
	}
	return code ? code : CAPTURE_BLOCK;
}

static int next(struct ng_reader *r)
{
	if (r->is_begun)
		return ng_block_read(&r->blocks, &r->part);
	/* ng_open() has read it. */
	r->is_begun = true;
	return 1;
}

int ng_read(struct ng_reader *r, struct capture_frame *frame,
	    struct fl_error *error)
{
	const char *why = NULL;
	int got;

	if (r->is_begun && r->part.type == NG_SECTION)
		why = ng_section_begin(&r->section, &r->part);
	if (why)
		return fail_part(r, why, error);
	got = next(r);
	if (got < 0)
		return fail(r, got, error);
	return got ? take(r, frame, error) : 0;
}

void ng_close(struct ng_reader *r)
{
	if (!r)
		return;
	if (r->blocks.file != stdin)
		fclose(r->blocks.file);
	ng_section_free(&r->section);
	ng_block_free(&r->blocks);
	free(r);
}

static const struct ng_clock *clock_of(const struct ng_reader *r,
				       const struct capture_frame *frame)
{
	return &r->section.interfaces[frame->interface].clock;
}

__u64 ng_frame_time_ns(const struct ng_reader *r,
		       const struct capture_frame *frame)
{
	if (frame->block == NG_SIMPLE)
		return 0;
	return ng_time_ns(clock_of(r, frame), frame->ticks);
}

void ng_frame_set_time(const struct ng_reader *r, struct capture_frame *frame,
		       __u64 time_ns)
{
	if (frame->block != NG_SIMPLE)
		frame->ticks = ng_time_ticks(clock_of(r, frame), time_ns);
}
