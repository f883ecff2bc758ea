/* SPDX-License-Identifier: GPL-2.0-only */
#include "take.h"

#include <string.h>

#define BATCH 256
#define BATCHES (2 * XSK_RING / BATCH)
#define TAG_BYTES 4
#define MACS_BYTES 12

_Static_assert(sizeof(struct fl_parcel) >= 2 * TAG_BYTES, "room for tags");

/* ---- in ----------------------------------------------------------------- */

/* A tag that was taken off, behind the packet's addresses. */
static void put_tag(struct hold_frame *frame, const struct xsk_area *area,
		    __u16 proto_be, __u16 tci)
{
	__u8 *data = xsk_data(area, &frame->packet);

	memmove(data - TAG_BYTES, data, MACS_BYTES);
	data += MACS_BYTES - TAG_BYTES;
	data[0] = (__u8)proto_be;
	data[1] = (__u8)(proto_be >> 8);
	data[2] = (__u8)(tci >> 8);
	data[3] = (__u8)tci;
	frame->packet.offset = (__u16)(frame->packet.offset - TAG_BYTES);
	frame->packet.length = (__u16)(frame->packet.length + TAG_BYTES);
}

/* Segments of one buffer come one behind the other, and count as one. */
static bool is_same_buffer(const struct fl_parcel *a, const struct fl_parcel *b)
{
	return a->arrival_ns == b->arrival_ns && a->id == b->id &&
	       a->departure_ns == b->departure_ns && a->number == b->number;
}

/* The other one was sent by somebody else into a device of ours, or damaged by
 * him. It goes no further: on the user's device it would be a stranger. */
static bool is_ours(const struct worker *worker, const struct fl_parcel *parcel,
		    __u32 length)
{
	return length >= sizeof(*parcel) + MACS_BYTES &&
	       parcel->magic == worker->magic;
}

static void take_one(struct worker *worker, __u32 side,
		     const struct xsk_packet *packet)
{
	struct hold_frame *frame = &worker->frames[packet->frame];
	struct fl_parcel parcel;

	memcpy(&parcel, xsk_data(&worker->area, packet), sizeof(parcel));
	if (!is_ours(worker, &parcel, packet->length)) {
		xsk_free(&worker->area, packet->frame);
		return;
	}
	frame->arrival_ns = parcel.arrival_ns;
	frame->departure_ns = parcel.departure_ns;
	frame->packet = *packet;
	frame->packet.offset += (__u16)sizeof(parcel);
	frame->packet.length -= (__u16)sizeof(parcel);
	frame->side = (__u8)side;
	frame->follows = is_same_buffer(&parcel, &worker->last[side]);
	frame->id = frame->follows || parcel.id >= FL_HOLD_IDS ?
			    FL_PARCEL_NOBODY :
			    parcel.id;
	worker->last[side] = parcel;
	/* The inner one, of two. */
	if (parcel.inner_proto_be)
		put_tag(frame, &worker->area, parcel.inner_proto_be,
			parcel.inner_tci);
	if (parcel.vlan_proto_be)
		put_tag(frame, &worker->area, parcel.vlan_proto_be,
			parcel.vlan_tci);
	wheel_put(&worker->wheel, packet->frame, parcel.departure_ns);
}

static __u32 take_side(struct worker *worker, __u32 side)
{
	struct xsk_packet packets[BATCH];
	__u32 count = xsk_receive(&worker->receiver[side], packets, BATCH);

	for (__u32 i = 0; i < count; i++) {
		if (i + 4 < count)
			__builtin_prefetch(
				xsk_data(&worker->area, &packets[i + 4]));
		take_one(worker, side, &packets[i]);
	}
	xsk_refill(&worker->receiver[side], &worker->area, worker->depth);
	return count;
}

__u32 hold_take(struct worker *worker)
{
	__u32 count, sum = 0;

	for (__u32 i = 0; i < BATCHES; i++) {
		count = take_side(worker, FL_OUT);
		count += take_side(worker, FL_IN);
		sum += count;
		if (count < BATCH)
			break;
	}
	return sum;
}

bool hold_is_behind(struct worker *worker)
{
	return xsk_unread(&worker->receiver[FL_OUT]) > worker->depth / 4 ||
	       xsk_unread(&worker->receiver[FL_IN]) > worker->depth / 4;
}
