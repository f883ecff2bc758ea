/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * When a held packet departs: one pure function for every holder, for BPF and
 * for the host. Times are ns of CLOCK_MONOTONIC. The meaning of the words is
 * that of netem (net/sched/sch_netem.c, tc-netem(8)); where it leaves
 * something to the moment at which its queue is looked at, we say so.
 */
#pragma once

#include "abi.h"
#include "decide.h"

struct fl_depart_in {
	__u64 now_ns; /* when the packet came, or, if its sender
				 * paces, when it would go */
	__u64 draw;   /* the rule's, for this packet */
	__u32 bytes;  /* on the wire, link header included */
	__u32 ecn;    /* codepoint of the packet, 0..3 */
};

enum fl_depart_result {
	FL_DEPART_HELD,	    /* until departure_ns */
	FL_DEPART_AHEAD,    /* goes on at once, ahead of others */
	FL_DEPART_OVERFLOW, /* is lost: the queue is full */
};

struct fl_depart {
	__u64 departure_ns;
	__u32 mark; /* set Congestion Experienced */
};

/* @u, uniform, pulled towards *@last as netem's get_crandom() does. */
static inline __attribute__((always_inline)) __u32
fl_correlated(__u32 u, __u32 correlation_u32, __u32 *last)
{
	__u64 rho = (__u64)correlation_u32 + 1;

	if (!correlation_u32)
		return u;
	*last = (__u32)((u * ((1ull << 32) - rho) + *last * rho) >> 32);
	return *last;
}

/* @jitter_ns times @scaled of FL_TABLE_SCALE, as netem rounds it: halves
 * away from zero, the sign apart (BPF has no signed division). */
static inline __attribute__((always_inline)) __s64 fl_jitter(__u32 jitter_ns,
							     __s32 scaled)
{
	__u64 size = scaled < 0 ? (__u64) - (__s64)scaled : (__u64)scaled;
	__u64 whole = jitter_ns / FL_TABLE_SCALE * size;
	__u64 part = jitter_ns % FL_TABLE_SCALE * size + FL_TABLE_SCALE / 2;

	whole += part / FL_TABLE_SCALE;
	return scaled < 0 ? -(__s64)whole : (__s64)whole;
}

static inline __attribute__((always_inline)) __s32
fl_table_value(const struct fl_table *tables, __u32 table, __u32 u)
{
	const struct fl_table *from = &tables[table & (FL_TABLES - 1)];
	__u32 length = from->length;

	if (!length)
		return 0;
	u %= length;
	return from->value[u & (FL_TABLE_VALUES - 1)];
}

/*
 * netem's tabledist(): @u uniform. Without a table the mean less sigma plus
 * @u modulo twice sigma; less than no time is none.
 */
static inline __attribute__((always_inline)) __u64
fl_spread(const struct fl_table *tables, __u32 table, __u64 mean_ns,
	  __u32 sigma_ns, __u32 u)
{
	__s64 time = (__s64)mean_ns;

	if (!sigma_ns)
		return mean_ns;
	if (table == FL_TABLE_UNIFORM)
		time += (__s64)(u % (2 * sigma_ns)) - (__s64)sigma_ns;
	else
		time += fl_jitter(sigma_ns, fl_table_value(tables, table, u));
	return time < 0 ? 0 : (__u64)time;
}

/* More than that on the wire, and its time would exceed 64 bits. */
#define FL_WIRE_MAX 0x7fffffffull

/* Time that @bytes take on the link. */
static inline __attribute__((always_inline)) __u64
fl_rate_ns(const struct fl_rate *rate, __u32 bytes)
{
	__s64 length = (__s64)bytes + rate->overhead;
	__u64 wire = length < 0 ? 0 : (__u64)length;

	if (rate->cell) {
		__s64 cell = (__s64)rate->cell + rate->celloverhead;

		wire = (wire + rate->cell - 1) / rate->cell *
		       (cell < 0 ? 0 : (__u64)cell);
	}
	if (wire > FL_WIRE_MAX)
		wire = FL_WIRE_MAX;
	return rate->rate_bps ? wire * 8000000000ull / rate->rate_bps : 0;
}

/* Whether this packet goes ahead of those that wait. */
static inline __attribute__((always_inline)) int
fl_goes_ahead(const struct fl_reorder *reorder, __u64 draw,
	      struct fl_line *line)
{
	__u32 u = (__u32)fl_category_draw(draw, FL_CATEGORY_REORDER);

	if (line->gap_count + 1 >= reorder->gap) {
		u = fl_correlated(u, reorder->correlation_u32,
				  &line->reorder_last);
		if (fl_chance(reorder->probability_u32, u)) {
			line->gap_count = 0;
			return 1;
		}
	}
	/* Does not wrap: from gap on it does not matter any more. */
	if (line->gap_count < reorder->gap)
		line->gap_count++;
	return 0;
}

/*
 * The packet is ready for the link at @ready_ns and waits for those before
 * it; netem's rate, of which this is the sum: max(ready, last) + length/rate.
 */
static inline __attribute__((always_inline)) int
fl_take_link(const struct fl_timing *timing, const struct fl_depart_in *in,
	     __u64 ready_ns, struct fl_line *line, struct fl_depart *out)
{
	__u64 wait = line->free_ns > ready_ns ? line->free_ns - ready_ns : 0;
	const struct fl_queue *queue = &timing->queue;

	out->mark = 0;
	if (queue->time_ns) {
		if (wait > queue->time_ns)
			return FL_DEPART_OVERFLOW;
		out->mark = queue->ecn && in->ecn != FL_ECN_NOT_ECT &&
			    wait > queue->time_ns / 2;
	}
	out->departure_ns = ready_ns + wait +
			    fl_rate_ns(&timing->rate, in->bytes);
	line->free_ns = out->departure_ns;
	return FL_DEPART_HELD;
}

/* @range_ns times @u of 2^32, in two halves: a product may exceed 64 bits. */
static inline __attribute__((always_inline)) __u64 fl_share(__u64 range_ns,
							    __u32 u)
{
	return (range_ns >> 32) * u + (((range_ns & 0xffffffff) * u) >> 32);
}

/*
 * The slot that a packet goes into which would depart at @ready_ns. A slot
 * takes what is ready when it opens, up to so many packets or bytes. A full one
 * is followed by another MIN to MAX later. For a packet that is ready only
 * after the last one, the next opens MIN to MAX after that or, where that is
 * past, after now.
 */
static inline __attribute__((always_inline)) __u64
fl_take_slot(const struct fl_slot *slot, const struct fl_table *tables,
	     const struct fl_depart_in *in, __u64 ready_ns,
	     struct fl_line *line)
{
	__u32 u = (__u32)fl_category_draw(in->draw, FL_CATEGORY_SLOT);
	int full = (slot->packets && line->slot_packets >= slot->packets) ||
		   (slot->bytes && line->slot_bytes >= slot->bytes);
	__u64 next, from = line->slot_ns;

	if (from < ready_ns || full) {
		if (slot->table != FL_TABLE_UNIFORM)
			next = fl_spread(tables, slot->table, slot->min_ns,
					 (__u32)slot->max_ns, u);
		else if (slot->max_ns > slot->min_ns)
			next = slot->min_ns +
			       fl_share(slot->max_ns - slot->min_ns, u);
		else
			next = slot->min_ns;
		if (from < in->now_ns && !(full && from + next >= ready_ns))
			from = in->now_ns;
		next += from;
		line->slot_ns = next > ready_ns ? next : ready_ns;
		line->slot_packets = 0;
		line->slot_bytes = 0;
	}
	line->slot_packets++;
	line->slot_bytes += in->bytes;
	return line->slot_ns;
}

/* fl_depart() for a rule that keeps nothing: without FL_TIMING_LINE. */
static inline __attribute__((always_inline)) int
fl_depart_alone(const struct fl_timing *timing, const struct fl_table *tables,
		const struct fl_depart_in *in, struct fl_depart *out)
{
	const struct fl_delay *delay = &timing->delay;
	__u32 u = (__u32)fl_category_draw(in->draw, FL_CATEGORY_DELAY);

	out->mark = 0;
	out->departure_ns = in->now_ns + fl_spread(tables, delay->table,
						   delay->delay_ns,
						   delay->jitter_ns, u);
	return FL_DEPART_HELD;
}

/*
 * What becomes of a packet of a rule that holds. @line: what the rule keeps
 * of this direction, under its lock. Returns enum fl_depart_result; "ordered"
 * and "queue N" are the caller's.
 */
static inline __attribute__((always_inline)) int
fl_depart(const struct fl_timing *timing, const struct fl_table *tables,
	  const struct fl_depart_in *in, struct fl_line *line,
	  struct fl_depart *out)
{
	const struct fl_delay *delay = &timing->delay;
	__u32 u = (__u32)fl_category_draw(in->draw, FL_CATEGORY_DELAY);
	__u64 ready_ns;

	out->departure_ns = in->now_ns;
	out->mark = 0;
	if (timing->flags & FL_TIMING_REORDER &&
	    fl_goes_ahead(&timing->reorder, in->draw, line))
		return FL_DEPART_AHEAD;
	u = fl_correlated(u, delay->correlation_u32, &line->delay_last);
	ready_ns = in->now_ns + fl_spread(tables, delay->table, delay->delay_ns,
					  delay->jitter_ns, u);
	out->departure_ns = ready_ns;
	if (timing->flags & FL_TIMING_RATE &&
	    fl_take_link(timing, in, ready_ns, line, out) == FL_DEPART_OVERFLOW)
		return FL_DEPART_OVERFLOW;
	if (timing->flags & FL_TIMING_SLOT)
		out->departure_ns = fl_take_slot(&timing->slot, tables, in,
						 out->departure_ns, line);
	return FL_DEPART_HELD;
}
