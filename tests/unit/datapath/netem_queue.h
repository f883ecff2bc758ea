/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netem as it is described, with its queue: packets are put in with a time to
 * send and taken out when somebody looks. Plain arithmetic in 128 bits, and
 * nothing of ours but the random numbers that it is given.
 */
#pragma once

#include <stdbool.h>
#include <string.h>

#include <linux/types.h>

#define NETEM_PENDING 4096

typedef __int128 wide;

struct netem_queue {
	/* What it is asked for; rates in bytes per second, as netem's. */
	wide latency, jitter, slot_length;
	const __s16 *dist;
	unsigned dist_size;
	__u32 reorder, gap;
	__u32 delay_rho, reorder_rho;
	wide rate;
	wide overhead, cell, cell_overhead;
	wide max_packets, max_bytes;

	/* What it keeps. */
	__u32 delay_last, reorder_last, counter;
	wide pending[NETEM_PENDING]; /* times to send, of those not sent */
	unsigned pending_count;
	wide slot_next, packets_left, bytes_left;
};

static inline wide netem_crandom(__u32 u, __u32 rho, __u32 *last)
{
	wide share = (wide)rho + 1, whole = (wide)1 << 32;

	if (rho)
		*last = u =
			(__u32)((u * (whole - share) + *last * share) / whole);
	return u;
}

static inline wide netem_tabledist(const struct netem_queue *q, wide u)
{
	wide t, x;

	if (!q->jitter)
		return q->latency;
	if (!q->dist)
		return u % (2 * q->jitter) + q->latency - q->jitter;
	t = q->dist[u % q->dist_size];
	x = q->jitter % 8192 * t;
	x += x >= 0 ? 8192 / 2 : -8192 / 2;
	return x / 8192 + q->jitter / 8192 * t + q->latency;
}

static inline wide netem_packet_time(const struct netem_queue *q, wide length)
{
	length += q->overhead;
	if (q->cell) {
		wide cells = length / q->cell;

		cells += length > cells * q->cell;
		length = cells * (q->cell + q->cell_overhead);
	}
	return length * 1000000000 / q->rate;
}

/* Whoever is due has gone. */
static inline void netem_send(struct netem_queue *q, wide now)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < q->pending_count; i++)
		if (q->pending[i] > now)
			q->pending[kept++] = q->pending[i];
	q->pending_count = kept;
}

/* Time to send of a packet that comes at @now; *@ahead: it is put in front of
 * all others. */
static inline wide netem_enqueue(struct netem_queue *q, wide now, wide length,
				 __u32 delay_u, __u32 reorder_u, bool *ahead)
{
	wide delay, last = 0;

	netem_send(q, now);
	*ahead = !(q->gap == 0 || q->counter < q->gap - 1 ||
		   q->reorder < netem_crandom(reorder_u, q->reorder_rho,
					      &q->reorder_last));
	if (*ahead) {
		q->counter = 0;
		return now;
	}
	delay = netem_tabledist(q, netem_crandom(delay_u, q->delay_rho,
						 &q->delay_last));
	/* Before 2026 it shortened the time on the link. */
	if (delay < 0)
		delay = 0;
	if (q->rate) {
		for (unsigned i = 0; i < q->pending_count; i++)
			if (q->pending[i] > last)
				last = q->pending[i];
		if (q->pending_count) {
			delay -= last - now;
			delay = delay < 0 ? 0 : delay;
			now = last;
		}
		delay += netem_packet_time(q, length);
	}
	q->counter++;
	q->pending[q->pending_count++] = now + delay;
	return now + delay;
}

/* ---- slots, for packets that may be sent as they come ------------------- */

static inline void netem_new_slot(struct netem_queue *q, wide now)
{
	q->slot_next = now + q->slot_length;
	q->packets_left = q->max_packets ? q->max_packets : (wide)1 << 62;
	q->bytes_left = q->max_bytes ? q->max_bytes : (wide)1 << 62;
}

/* Looks at the head, which came at @came: whether it is sent at @now, else
 * *@again is when to look once more. */
static inline bool netem_dequeue(struct netem_queue *q, wide now, wide came,
				 wide length, wide *again)
{
	if (q->slot_next < came)
		netem_new_slot(q, now);
	if (came <= now && q->slot_next <= now) {
		q->packets_left--;
		q->bytes_left -= length;
		if (q->packets_left <= 0 || q->bytes_left <= 0)
			netem_new_slot(q, now);
		return true;
	}
	*again = came > q->slot_next ? came : q->slot_next;
	return false;
}
