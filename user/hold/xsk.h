/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XDP sockets that share one area of frames: packets come in from one device
 * and go out by another without being touched. The only room that knows
 * libxdp. Negative errno throughout.
 */
#pragma once

#include <stddef.h>

#include <linux/types.h>

#define XSK_RING 32768u /* entries; a power of two */
#define XSK_FRAME_LOG 11
#define XSK_FRAME_SIZE (1u << XSK_FRAME_LOG)
/* The kernel keeps XDP_PACKET_HEADROOM in front of what it receives. */
#define XSK_PACKET_MAX (XSK_FRAME_SIZE - 256)

/* Where a packet lies: in a frame of the area. */
struct xsk_packet {
	__u32 frame;
	__u16 offset;
	__u16 length;
};

/* The frames, and those of them that nobody has. */
struct xsk_area {
	__u8 *memory;
	size_t size;
	__u32 frames, free_count;
	__u32 *free;
	struct xsk_umem *umem;
	struct xsk_rings *first; /* the area's own */
};

/* A socket of one direction, of queue 0. */
struct xsk {
	struct xsk_rings *rings;
	int fd;
	/* Frames that the kernel has: to receive into, or being sent. */
	__u32 posted;
};

int xsk_area_open(struct xsk_area *area, __u32 frames);

/* Both return -EBUSY for a while after another had the queue. */
int xsk_open_receiver(struct xsk *xsk, struct xsk_area *area,
		      const char *device);
int xsk_open_sender(struct xsk *xsk, struct xsk_area *area, const char *device,
		    __u32 mark);

static inline void *xsk_data(const struct xsk_area *area,
			     const struct xsk_packet *packet)
{
	return area->memory + ((size_t)packet->frame << XSK_FRAME_LOG) +
	       packet->offset;
}

/* Returns at once, with up to @max packets that are the caller's now. */
__u32 xsk_receive(struct xsk *xsk, struct xsk_packet *packets, __u32 max);

/* Packets that xsk_receive() would return, and maybe more. */
__u32 xsk_unread(struct xsk *xsk);

/* Gives the kernel free frames, until it has @depth to receive into. */
void xsk_refill(struct xsk *xsk, struct xsk_area *area, __u32 depth);

/* A frame that the caller had. */
static inline void xsk_free(struct xsk_area *area, __u32 frame)
{
	area->free[area->free_count++] = frame;
}

/* Packets that xsk_queue() will take now. */
__u32 xsk_room(struct xsk *xsk);
void xsk_queue(struct xsk *xsk, const struct xsk_packet *packets, __u32 count);

/*
 * Sends what is queued, and frees the frames of what has gone. 0, though
 * something may be left (see posted), or what makes the socket useless.
 */
int xsk_push(struct xsk *xsk, struct xsk_area *area);
