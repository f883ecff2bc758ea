/* SPDX-License-Identifier: GPL-2.0-only */
#include "outcome.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "flip.h"

/* It may have gone ahead of a packet that was lost in a full queue, or have
 * been lost there itself. */
static bool has_copy(const struct obj_replayed *ran)
{
	return ran->copy_ns != FL_NEVER &&
	       (ran->fate & FL_FATE(DUPLICATE) || ran->copy_ns > ran->now_ns);
}

static bool is_changed(const struct outcome *o)
{
	return o->ran->length != o->head->length ||
	       memcmp(o->ran->frame, o->head->data, o->head->length);
}

static int make_room(struct outcome_room *room, size_t size)
{
	unsigned char *bytes;

	if (size <= room->size)
		return 0;
	bytes = realloc(room->bytes, size);
	if (!bytes)
		return -ENOMEM;
	room->bytes = bytes;
	room->size = size;
	return 0;
}

/* The link header of the frame, and behind it what the program made. */
static int join(const struct outcome *o, struct capture_frame *out)
{
	__u32 made = o->ran->length - o->link;
	__u32 length = o->at + made;

	if (length < o->frame->length)
		length = o->frame->length;
	if (make_room(o->room, length))
		return -ENOMEM;
	if (o->frame->length)
		memcpy(o->room->bytes, o->frame->data, o->frame->length);
	memcpy(o->room->bytes + o->at, o->ran->frame + o->link, made);
	out->data = o->room->bytes;
	return 0;
}

/* The frame with what was rewritten; none gets longer by that. */
static int rewrite(const struct outcome *o, struct capture_frame *out)
{
	const struct fl_flip *flip = &o->ran->flip;

	if (!flip->at && !is_changed(o))
		return 0;
	if (join(o, out))
		return -ENOMEM;
	if (flip->at) {
		struct fl_flip there = *flip;

		there.at += o->at - o->link;
		there.upper += o->at - o->link;
		if (there.sum)
			there.sum += o->at - o->link;
		flip_bit(o->room->bytes, out->length, &there);
	}
	return 0;
}

/*
 * An answer always differs from its packet. One that does not could not be
 * made, as to a tagged frame: the packet is lost, and counted as skipped.
 */
static int write_answer(struct depart *depart, const struct outcome *o)
{
	struct capture_frame out = *o->frame;

	if (!is_changed(o))
		return 0;
	if (join(o, &out))
		return -ENOMEM;
	out.length = out.wire_length = o->at + o->ran->length - o->link;
	if (out.snap && out.length > out.snap)
		out.length = out.snap;
	/* What was remarked of the packet is not true of its answer. */
	out.options_length = 0;
	depart_now(depart, &out);
	return 0;
}

int outcome_write(struct depart *depart, const struct outcome *o)
{
	const struct obj_replayed *ran = o->ran;
	__u64 reason = ran->fate & FL_FATE_REASON;
	struct capture_frame out = *o->frame;
	int err = 0;

	if (has_copy(ran))
		err = depart_at(depart, o->frame, ran->copy_ns, DEPART_NOBODY);
	if (err)
		return err;
	if (reason == FL_REASON_REJECTED)
		return write_answer(depart, o);
	if (reason != FL_REASON_PASSED)
		return 0;
	err = rewrite(o, &out);
	return err ? err :
		     depart_at(depart, &out, ran->departure_ns,
			       ran->id * FL_SIDES + o->side);
}
