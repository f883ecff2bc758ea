/* SPDX-License-Identifier: GPL-2.0-only */
/* One dimension of the rules -> intervals, and sets of rules -> classes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/rng.h>

#include "sweep.h"

void class_set_bit(__u64 *words, size_t bit)
{
	words[bit / 64] |= 1ull << (bit % 64);
}

static void class_clear_bit(__u64 *words, size_t bit)
{
	words[bit / 64] &= ~(1ull << (bit % 64));
}

int class_intern(struct compiler *c, const struct fl_class *class)
{
	const __u64 *words = class->all;
	__u64 hash = 0;
	unsigned at;

	for (size_t i = 0; i < sizeof(*class) / sizeof(*words); i++)
		hash = fl_mix64(hash ^ words[i]);
	for (at = (unsigned)hash % CLASS_HASHES; c->hash[at];
	     at = (at + 1) % CLASS_HASHES)
		if (!memcmp(&c->out->classes[c->hash[at] - 1], class,
			    sizeof(*class)))
			return c->hash[at] - 1;
	if (c->class_count == FL_CLASSES_MAX)
		return -E2BIG;
	c->out->classes[c->class_count] = *class;
	c->hash[at] = (__u16)(c->class_count + 1);
	return (int)c->class_count++;
}

static void add_events(struct compiler *c, struct range r, unsigned position,
		       unsigned char any)
{
	if (r.empty)
		return;
	c->events[c->event_count++] = (struct event){ r.low, position, any, 1 };
	if (r.high < c->dimension.last)
		c->events[c->event_count++] =
			(struct event){ r.high + 1, position, any, 0 };
}

static int compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

int compile_sweep(struct compiler *c)
{
	struct fl_class now = { 0 };
	size_t i = 0;

	c->event_count = 0;
	c->interval_count = 0;
	for (size_t r = 0; r < c->count; r++) {
		add_events(c, c->dimension.all[r], (unsigned)r, 0);
		add_events(c, c->dimension.any[r], (unsigned)r, 1);
	}
	qsort(c->events, c->event_count, sizeof(*c->events), compare_events);
	do {
		u128 start = i < c->event_count && c->interval_count ?
				     c->events[i].at :
				     0;
		int class;

		for (; i < c->event_count && c->events[i].at == start; i++) {
			const struct event *e = &c->events[i];
			__u64 *words = e->any ? now.any : now.all;

			if (e->set)
				class_set_bit(words, e->position);
			else
				class_clear_bit(words, e->position);
		}
		class = class_intern(c, &now);
		if (class < 0 || c->interval_count == FL_INTERVALS_MAX)
			return -E2BIG;
		c->intervals[c->interval_count++] =
			(struct interval){ start, (__u16) class };
	} while (i < c->event_count);
	return 0;
}

void compile_store4(const struct compiler *c, struct fl_intervals4 *table)
{
	for (size_t i = 0; i < FL_INTERVALS_MAX; i++) {
		const struct interval *from =
			&c->intervals[i < c->interval_count ?
					      i :
					      c->interval_count - 1];

		table->start[i] = (__u32)from->start;
		table->class_of[i] = from->class;
	}
}

void compile_store6(const struct compiler *c, struct fl_intervals6 *table)
{
	for (size_t i = 0; i < FL_INTERVALS_MAX; i++) {
		const struct interval *from =
			&c->intervals[i < c->interval_count ?
					      i :
					      c->interval_count - 1];

		table->start_high[i] = (__u64)(from->start >> 64);
		table->start_low[i] = (__u64)from->start;
		table->class_of[i] = from->class;
	}
}

void compile_store_ports(const struct compiler *c, __u16 *class_of)
{
	for (size_t i = 0; i < c->interval_count; i++) {
		size_t end = i + 1 < c->interval_count ?
				     (size_t)c->intervals[i + 1].start :
				     65536;

		for (size_t p = (size_t)c->intervals[i].start; p < end; p++)
			class_of[p] = c->intervals[i].class;
	}
}
