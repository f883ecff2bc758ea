/* SPDX-License-Identifier: GPL-2.0-only */
#include "outcome.h"

#include <string.h>

/* It may have gone ahead of a packet that was lost in a full queue, or have
 * been lost there itself. */
static bool has_copy(const struct obj_replayed *ran)
{
	return ran->copy_ns != FL_NEVER &&
	       (ran->fate & FL_FATE(DUPLICATE) || ran->copy_ns > ran->now_ns);
}

/*
 * An answer always differs from its packet. One that does not could not be
 * made, as to a tagged frame: the packet is lost, and counted as skipped.
 */
static bool is_answer(const struct outcome *o)
{
	return o->ran->length != o->length ||
	       memcmp(o->ran->frame, o->data, o->length);
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
	out.data = ran->frame + o->head;
	out.length = ran->length - o->head;
	if (reason == FL_REASON_PASSED) {
		out.wire_length += out.length - o->frame->length;
		return depart_at(depart, &out, ran->departure_ns,
				 ran->id * FL_SIDES + o->side);
	}
	if (reason == FL_REASON_REJECTED && is_answer(o)) {
		out.wire_length = out.length;
		depart_now(depart, &out);
	}
	return 0;
}
