/* SPDX-License-Identifier: GPL-2.0-only */
#include "take.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <linux/if_ether.h>

#include "labels.h"

#define PACKETS 1024 /* before what is due is looked after */
#define TAG_BYTES 4
#define MACS_BYTES 12
#define TRANSPORT_MAX 60 /* the longest TCP header */
#define HEADERS_MAX (14 + 60 + TRANSPORT_MAX)

/* A packet as it came: what the kernel says of it, the parcel, and the frame
 * without the tag that the kernel had beside it. */
struct arrival {
	struct virtio_net_hdr header;
	struct fl_parcel parcel;
	const __u8 *tag; /* or NULL */
	const __u8 *frame;
	__u32 length; /* of the frame */
	__u32 front;  /* bytes before it, as the kernel counts */
};

/* ---- what has come ------------------------------------------------------ */

/* Reads the parcel at @data, around a tag in it. Returns where it ends. */
static const __u8 *read_parcel(struct arrival *arrival, const __u8 *data)
{
	const size_t split = offsetof(struct fl_parcel, proto);
	__u16 proto;

	_Static_assert(offsetof(struct fl_parcel, proto) == MACS_BYTES,
		       "where the kernel puts a tag");
	memcpy(&proto, data + split, sizeof(proto));
	arrival->tag = NULL;
	if (proto != FL_PARCEL_PROTO)
		arrival->tag = data + split;
	memcpy(&arrival->parcel, data, split);
	data += split + (arrival->tag ? TAG_BYTES : 0);
	memcpy((__u8 *)&arrival->parcel + split, data,
	       sizeof(arrival->parcel) - split);
	return data + sizeof(arrival->parcel) - split;
}

/* Others may have sent something into a device of ours. It goes no further: on
 * the user's device it would be a stranger. */
static bool read_arrival(const struct guest *guest, const __u8 *data,
			 size_t length, struct arrival *arrival)
{
	if (length < sizeof(arrival->header) + sizeof(arrival->parcel) +
			     TAG_BYTES + MACS_BYTES)
		return false;
	memcpy(&arrival->header, data, sizeof(arrival->header));
	arrival->frame = read_parcel(arrival, data + sizeof(arrival->header));
	arrival->length = (__u32)(data + length - arrival->frame);
	arrival->front = sizeof(arrival->parcel);
	if (arrival->parcel.proto == FL_PARCEL_PROTO_TAGGED) {
		arrival->tag = NULL;
		arrival->front += TAG_BYTES;
	}
	return arrival->parcel.magic == guest->magic;
}

/* ---- what is kept ------------------------------------------------------- */

/* The frame with its tags, and room for a label. Returns its end. */
static __u8 *put_frame(__u8 *to, const struct arrival *arrival, bool labelled)
{
	__u8 *at = to + MACS_BYTES;

	memcpy(to, arrival->frame, MACS_BYTES);
	if (labelled)
		at += LABEL_BYTES;
	if (arrival->tag) {
		memcpy(at, arrival->tag, TAG_BYTES);
		at += TAG_BYTES;
	}
	memcpy(at, arrival->frame + MACS_BYTES, arrival->length - MACS_BYTES);
	return at + arrival->length - MACS_BYTES;
}

/* What the kernel said counts from the parcel on, @front bytes before the
 * frame, and is to count from the frame on, with its label if it has one. */
static void fit_header(struct virtio_net_hdr *header, __u32 front,
		       bool labelled, __u32 length)
{
	__u32 headers = HEADERS_MAX;

	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		header->csum_start = (__u16)(header->csum_start - front +
					     (labelled ? LABEL_BYTES : 0));
		headers = header->csum_start + TRANSPORT_MAX;
	}
	header->hdr_len = 0;
	if (header->gso_type != VIRTIO_NET_HDR_GSO_NONE)
		header->hdr_len = (__u16)(headers < length ? headers : length);
}

static bool is_tag(const __u8 *type)
{
	__u32 proto = (__u32)type[0] << 8 | type[1];

	return proto == ETH_P_8021Q || proto == ETH_P_8021AD;
}

/* Room for it, whatever comes in front. NULL: it is lost, and found to be. */
static struct hold_packet *get_room(struct worker *worker,
				    const struct guest *guest,
				    const struct arrival *arrival)
{
	__u64 stay_ns = arrival->parcel.departure_ns -
			arrival->parcel.arrival_ns;

	if (guest->units > guest->units_max)
		return NULL;
	return memory_get(&worker->memory,
			  sizeof(struct hold_packet) +
				  sizeof(struct virtio_net_hdr) + TAG_BYTES +
				  LABEL_BYTES + arrival->length,
			  stay_ns);
}

/*
 * The id of the rule that counts it. Pieces of one buffer have one parcel; the
 * buffer was held once, so that one of them is released. Pieces from other CPUs
 * may come in between.
 */
static __u16 counted_id(struct guest *guest, __u32 side,
			const struct fl_parcel *parcel)
{
	const __u32 at = (__u32)(parcel->arrival_ns * 0x9e3779b97f4a7c15ULL >>
				 (64 - HOLD_RECENT_BITS));
	struct fl_parcel *recent = &guest->recent[side][at];
	__u16 id = parcel->id & FL_PARCEL_NOBODY;
	bool follows = !memcmp(parcel, recent, sizeof(*parcel));

	*recent = *parcel;
	return follows || id >= FL_HOLD_IDS ? FL_PARCEL_NOBODY : id;
}

static void keep(struct worker *worker, struct guest *guest, __u32 side,
		 const struct arrival *arrival)
{
	const struct fl_parcel *parcel = &arrival->parcel;
	const __u32 front = sizeof(struct virtio_net_hdr);
	struct hold_packet *packet = get_room(worker, guest, arrival);

	if (!packet)
		return;
	packet->labelled = parcel->mark || parcel->priority || arrival->tag ||
			   is_tag(arrival->frame + MACS_BYTES);
	packet->length = (__u32)(put_frame(packet->data + front, arrival,
					   packet->labelled) -
				 packet->data);
	memcpy(packet->data, &arrival->header, front);
	fit_header((struct virtio_net_hdr *)packet->data, arrival->front,
		   packet->labelled, packet->length - front);
	packet->arrival_ns = parcel->arrival_ns;
	packet->departure_ns = parcel->departure_ns;
	packet->guest = guest;
	packet->mark = parcel->mark;
	packet->priority = parcel->priority;
	packet->id = counted_id(guest, side, parcel);
	packet->side = (__u8)side;
	guest->units += FL_HELD_UNITS(packet->length);
	wheel_put(&worker->wheel, &packet->entry,
		  guest->leaves ? 0 : packet->departure_ns);
}

/* It has been read; or else there is none, or the device is of no more use. */
static bool take_one(struct worker *worker, struct guest *guest, __u32 side)
{
	ssize_t length = read(guest->tap[side], worker->inbox, HOLD_INBOX);
	struct arrival arrival;

	if (length < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != EINVAL)
			guest->error = -errno;
		return errno == EINVAL;
	}
	if (read_arrival(guest, worker->inbox, (size_t)length, &arrival))
		keep(worker, guest, side, &arrival);
	return true;
}

__u32 hold_take(struct worker *worker, struct guest *guest)
{
	bool more[FL_SIDES] = { true, true };
	__u32 count = 0;

	while ((more[FL_OUT] || more[FL_IN]) && count < PACKETS)
		for (__u32 side = 0; side < FL_SIDES; side++) {
			if (!more[side])
				continue;
			more[side] = take_one(worker, guest, side);
			count += more[side];
		}
	return count;
}
