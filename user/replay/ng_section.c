/* SPDX-License-Identifier: GPL-2.0-only */
#include "ng_section.h"

#include <stdlib.h>

#include "ng_bytes.h"

#define OPTION_END 0
#define OPTION_RESOLUTION 9 /* if_tsresol */
#define OPTION_OFFSET 14    /* if_tsoffset */

static const char no_memory[] = "out of memory";
static const char no_room[] = "a packet that is longer than its block";

const char *ng_section_begin(struct ng_section *section,
			     const struct ng_part *part)
{
	if (ng_get16(part->body + 4, part->is_big) != 1)
		return "a section of a version other than 1";
	section->is_big = part->is_big;
	section->count = 0;
	return NULL;
}

static const char *read_options(const struct ng_part *part, __u32 at,
				struct ng_clock *clock)
{
	const unsigned char *body = part->body;

	while (at + 4 <= part->body_length) {
		__u32 code = ng_get16(body + at, part->is_big);
		__u32 length = ng_get16(body + at + 2, part->is_big);

		at += 4;
		if (code == OPTION_END)
			break;
		if (length > part->body_length - at)
			return "an option that is longer than its block";
		if (code == OPTION_RESOLUTION && length == 1)
			clock->resolution = body[at];
		if (code == OPTION_OFFSET && length == 8)
			clock->offset_s = (__s64)ng_get64(body + at,
							  part->is_big);
		at += ng_padded(length);
	}
	return NULL;
}

static const char *make_room(struct ng_section *section)
{
	size_t room = section->room ? 2 * section->room : 8;
	struct ng_interface *interfaces;

	if (section->count < section->room)
		return NULL;
	if (section->count == NG_INTERFACES_MAX)
		return "more than 65,536 interfaces";
	interfaces = reallocarray(section->interfaces, room,
				  sizeof(*interfaces));
	if (!interfaces)
		return no_memory;
	section->interfaces = interfaces;
	section->room = room;
	return NULL;
}

const char *ng_section_add(struct ng_section *section,
			   const struct ng_part *part)
{
	struct ng_interface new = { .clock.resolution = NG_MICROSECONDS };
	const char *why;

	if (part->body_length < 8)
		return "an interface that is too short";
	new.link = ng_get16(part->body, part->is_big);
	new.snap = ng_get32(part->body + 4, part->is_big);
	why = read_options(part, 8, &new.clock);
	if (!why)
		why = make_room(section);
	if (!why)
		section->interfaces[section->count++] = new;
	return why;
}

/* Data and options, from @at of the body on. */
static const char *take_data(const struct ng_part *part, __u32 at,
			     struct capture_frame *frame)
{
	__u32 left = part->body_length - at;

	if (frame->length > left)
		return no_room;
	frame->data = part->body + at;
	at = ng_padded(frame->length);
	frame->options = frame->data + at;
	frame->options_length = left - at;
	return NULL;
}

/* Both kinds of packets with a time have the same from the second word on. */
static const char *take_packet(const struct ng_part *part,
			       struct capture_frame *frame)
{
	const unsigned char *body = part->body;
	bool big = part->is_big;

	if (part->body_length < 20)
		return "a packet that is too short";
	if (part->type == NG_ENHANCED) {
		frame->interface = ng_get32(body, big);
	} else {
		frame->interface = ng_get16(body, big);
		frame->drops = ng_get16(body + 2, big);
	}
	frame->ticks = (__u64)ng_get32(body + 4, big) << 32 |
		       ng_get32(body + 8, big);
	frame->length = ng_get32(body + 12, big);
	frame->wire_length = ng_get32(body + 16, big);
	return take_data(part, 20, frame);
}

/* Of the first interface; how much of it there is follows from its length. */
static const char *take_simple(const struct ng_section *section,
			       const struct ng_part *part,
			       struct capture_frame *frame)
{
	__u32 snap = section->count ? section->interfaces[0].snap : 0;
	const char *why;

	if (part->body_length < 4)
		return "a packet that is too short";
	frame->wire_length = ng_get32(part->body, part->is_big);
	frame->length = frame->wire_length;
	if (snap && frame->length > snap)
		frame->length = snap;
	why = take_data(part, 4, frame);
	frame->options_length = 0;
	return why;
}

const char *ng_section_packet(const struct ng_section *section,
			      const struct ng_part *part,
			      struct capture_frame *frame)
{
	const char *why;

	*frame = (struct capture_frame){ .block = part->type };
	why = part->type == NG_SIMPLE ? take_simple(section, part, frame) :
					take_packet(part, frame);
	if (why)
		return why;
	if (frame->interface >= section->count)
		return "a packet of an interface that is not there";
	frame->link = section->interfaces[frame->interface].link;
	frame->snap = section->interfaces[frame->interface].snap;
	return NULL;
}

void ng_section_free(struct ng_section *section)
{
	free(section->interfaces);
	section->interfaces = NULL;
	section->count = section->room = 0;
}
