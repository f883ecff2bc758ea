/* SPDX-License-Identifier: GPL-2.0-only */
/* The impairments of a rule that hold its packets -> struct fl_timing. */
#include <string.h>

#include "compile.h"

/* The queue of a link whose rule names none. */
#define QUEUE_DEFAULT_NS 100000000ull

/* Values of a table are hardly ever further from the mean than this. */
#define SIGMAS 4

static void take_params(const struct fl_impair *impair, struct fl_timing *out)
{
	switch (impair->kind) {
	case FL_IMPAIR_DELAY:
		out->delay = impair->u.delay;
		break;
	case FL_IMPAIR_REORDER:
		out->reorder = impair->u.reorder;
		out->flags |= FL_TIMING_REORDER;
		break;
	case FL_IMPAIR_RATE:
		out->rate = impair->u.rate;
		out->flags |= FL_TIMING_RATE;
		break;
	case FL_IMPAIR_QUEUE:
		out->queue = impair->u.queue;
		break;
	case FL_IMPAIR_SLOT:
		out->slot = impair->u.slot;
		out->flags |= FL_TIMING_SLOT;
		break;
	}
}

static __u64 least_ns(const struct fl_delay *delay)
{
	__u64 below = delay->jitter_ns;

	if (delay->table != FL_TABLE_UNIFORM)
		below *= SIGMAS;
	return delay->delay_ns > below ? delay->delay_ns - below : 0;
}

void compile_timing(const struct fl_rule *rule, struct fl_timing *out)
{
	const __u32 lined = FL_TIMING_REORDER | FL_TIMING_RATE | FL_TIMING_SLOT;
	/* With these, no packet can overtake another anyway. */
	const __u32 monotone = FL_TIMING_RATE | FL_TIMING_SLOT;

	memset(out, 0, sizeof(*out));
	for (__u32 i = 0; i < rule->impair_count; i++)
		take_params(&rule->impairs[i], out);
	if (out->flags & FL_TIMING_REORDER && !out->reorder.gap)
		out->reorder.gap = 1;
	if (out->flags & FL_TIMING_RATE && !out->queue.time_ns &&
	    !out->queue.packets)
		out->queue.time_ns = QUEUE_DEFAULT_NS;
	out->least_ns = least_ns(&out->delay);
	if (out->flags & lined ||
	    (out->delay.correlation_u32 && out->delay.jitter_ns))
		out->flags |= FL_TIMING_LINE;
	if (out->delay.ordered)
		out->flags |= FL_TIMING_ORDERED;
	if (out->delay.jitter_ns && !out->delay.ordered &&
	    !(out->flags & monotone))
		out->flags |= FL_TIMING_SPREAD;
}
