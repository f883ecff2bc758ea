/* SPDX-License-Identifier: GPL-2.0-only */
#include "depart.h"

#include <faultline/histogram.h>

#include "compile/compile.h"

/* As hold_released() and the back program count. */
static void count(struct depart *d, const struct due_frame *due)
{
	struct fl_holding *holding = &d->holdings[due->tag];
	struct fl_timing timing;
	__u32 bucket;

	compile_timing(&d->specs[due->tag / FL_SIDES].rule, &timing);
	bucket = fl_histogram_beyond(due->waited_ns, timing.least_ns);
	if (bucket < FL_HISTOGRAM)
		holding->histogram[bucket]++;
	holding->delay_ns += due->waited_ns;
	holding->released++;
	holding->held--;
}

void depart_now(struct depart *d, const struct capture_frame *frame)
{
	if (!d->full && capture_write(d->out, frame))
		d->written++;
	else
		d->full = true;
}

void depart_pass(struct depart *d)
{
	d->full = d->full || !capture_pass(d->out);
}

static void let_go(struct depart *d, __u64 until_ns)
{
	const struct due_frame *due;
	struct capture_frame frame;

	while ((due = due_first(&d->due)) && due->departure_ns <= until_ns) {
		frame = due->frame;
		capture_set_time(d->out, &frame, due->departure_ns);
		if (due->tag != DEPART_NOBODY)
			count(d, due);
		depart_now(d, &frame);
		due_drop_first(&d->due);
	}
}

void depart_until(struct depart *d, __u64 now_ns)
{
	if (now_ns > d->now_ns)
		d->now_ns = now_ns;
	let_go(d, d->now_ns);
}

int depart_at(struct depart *d, const struct capture_frame *frame,
	      __u64 departure_ns, __u32 holding)
{
	struct due_frame due = {
		.departure_ns = departure_ns,
		.waited_ns = departure_ns - d->now_ns,
		.tag = holding,
		.frame = *frame,
	};

	if (departure_ns > d->now_ns)
		return due_put(&d->due, &due);
	depart_now(d, frame);
	return 0;
}

void depart_all(struct depart *d)
{
	let_go(d, ~0ull);
}
