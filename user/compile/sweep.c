/* SPDX-License-Identifier: GPL-2.0-only */
#include "sweep.h"

#include <errno.h>
#include <stdlib.h>

/* A rule comes into a set, or leaves it. */
struct event {
	u128 at;
	__u32 rule;
	__u16 kind; /* enum sweep_kind */
	__u16 in;
};

struct sweep {
	const struct fl_maps *maps;
	struct sets *sets;
	struct set *now[SWEEP_KINDS];
	u128 last;
	struct event *events;
	size_t event_count;
	/* Where the next interval goes, and the end of the half. */
	__u32 next, end, next6, end6;
};

struct sweep *sweep_new(const struct fl_maps *maps, __u32 half,
			struct sets *sets, size_t rules)
{
	const struct fl_sizes *sizes = &maps->sizes;
	struct sweep *sweep = calloc(1, sizeof(*sweep));

	if (!sweep)
		return NULL;
	*sweep = (struct sweep){
		.maps = maps,
		.sets = sets,
		.now = { set_new(sets), set_new(sets) },
		.events = malloc((2 * SWEEP_KINDS * rules + 1) *
				 sizeof(*sweep->events)),
		.next = half * sizes->intervals * FL_INTERVALS,
		.end = (half * sizes->intervals + maps->room.intervals) *
		       FL_INTERVALS,
		.next6 = half * sizes->intervals6 * FL_INTERVALS6,
		.end6 = (half * sizes->intervals6 + maps->room.intervals6) *
			FL_INTERVALS6,
	};
	if (sweep->now[SWEEP_ALL] && sweep->now[SWEEP_ANY] && sweep->events)
		return sweep;
	sweep_free(sweep);
	return NULL;
}

void sweep_free(struct sweep *sweep)
{
	if (!sweep)
		return;
	for (int kind = 0; kind < SWEEP_KINDS; kind++)
		set_free(sweep->now[kind]);
	free(sweep->events);
	free(sweep);
}

void sweep_begin(struct sweep *sweep, u128 last)
{
	sweep->last = last;
	sweep->event_count = 0;
	for (int kind = 0; kind < SWEEP_KINDS; kind++)
		set_clear(sweep->sets, sweep->now[kind]);
}

void sweep_add(struct sweep *sweep, size_t rule, enum sweep_kind kind,
	       const struct range *range)
{
	struct event event = { .rule = (__u32)rule, .kind = kind };

	if (range && range->empty)
		return;
	if (!range || !range->low) {
		set_put(sweep->now[kind], rule, true);
	} else {
		event.at = range->low;
		event.in = 1;
		sweep->events[sweep->event_count++] = event;
	}
	if (!range || range->high == sweep->last)
		return;
	event.at = range->high + 1;
	event.in = 0;
	sweep->events[sweep->event_count++] = event;
}

static int compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static int keep(struct sweep *sweep, u128 start, __u16 all, __u16 any)
{
	__u32 at = sweep->next++;

	if (at == sweep->end)
		return -E2BIG;
	sweep->maps->intervals[at / FL_INTERVALS].at[at % FL_INTERVALS] =
		(struct fl_interval){
			.start = (__u32)start,
			.all = all,
			.any = any,
		};
	return 0;
}

static int keep6(struct sweep *sweep, u128 start, __u16 all, __u16 any)
{
	__u32 at = sweep->next6++;

	if (at == sweep->end6)
		return -E2BIG;
	sweep->maps->intervals6[at / FL_INTERVALS6].at[at % FL_INTERVALS6] =
		(struct fl_interval6){
			.start_high = (__u64)(start >> 64),
			.start_low = (__u64)start,
			.all = all,
			.any = any,
		};
	return 0;
}

/* The interval that begins at @start, unless it is as the one before, whose
 * sets are *@all and *@any. */
static int visit(struct sweep *sweep, bool is_v6, u128 start, int *all,
		 int *any)
{
	int next_all = set_number(sweep->sets, sweep->now[SWEEP_ALL]);
	int next_any = set_number(sweep->sets, sweep->now[SWEEP_ANY]);

	if (next_all < 0 || next_any < 0)
		return -E2BIG;
	if (next_all == *all && next_any == *any)
		return 0;
	*all = next_all;
	*any = next_any;
	return is_v6 ? keep6(sweep, start, (__u16)*all, (__u16)*any) :
		       keep(sweep, start, (__u16)*all, (__u16)*any);
}

/* The intervals of all events. */
static int visit_all(struct sweep *sweep, bool is_v6, u128 *start, int *all,
		     int *any)
{
	int err = visit(sweep, is_v6, 0, all, any);

	for (size_t i = 0; i < sweep->event_count && !err;) {
		*start = sweep->events[i].at;
		for (; i < sweep->event_count && sweep->events[i].at == *start;
		     i++) {
			const struct event *event = &sweep->events[i];

			set_put(sweep->now[event->kind], event->rule,
				event->in);
		}
		err = visit(sweep, is_v6, *start, all, any);
	}
	return err;
}

int sweep_run(struct sweep *sweep, bool is_v6, struct fl_stretch *out)
{
	const __u32 many = is_v6 ? FL_INTERVALS6 : FL_INTERVALS;
	const __u32 *next = is_v6 ? &sweep->next6 : &sweep->next;
	int err, all = -1, any = -1;
	u128 start = 0;

	out->first = *next / many;
	qsort(sweep->events, sweep->event_count, sizeof(*sweep->events),
	      compare_events);
	err = visit_all(sweep, is_v6, &start, &all, &any);
	/* To the end of the entry. */
	while (*next % many && !err)
		err = is_v6 ? keep6(sweep, start, (__u16)all, (__u16)any) :
			      keep(sweep, start, (__u16)all, (__u16)any);
	out->count = *next / many - out->first;
	out->step = out->count > 1;
	while (out->step && 2 * out->step < out->count)
		out->step *= 2;
	return err;
}
