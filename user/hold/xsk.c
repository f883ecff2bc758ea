/* SPDX-License-Identifier: GPL-2.0-only */
#include "xsk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <linux/if_xdp.h>
#include <xdp/xsk.h>

#ifndef XDP_MAX_TX_SKB_BUDGET /* since 6.17 */
#define XDP_MAX_TX_SKB_BUDGET 9
#endif
#define TX_BUDGET 256 /* packets sent by one system call */
#define PUSHES_MAX 64 /* without one of them sending anything */
#define HUGE_PAGE (2u << 20)

struct xsk_rings {
	struct xsk_socket *socket;
	struct xsk_ring_cons rx, complete;
	struct xsk_ring_prod tx, fill;
};

/* Whole huge pages: a packet is touched once or twice, each in its own frame,
 * so that every access would need an address translation of its own. */
static int area_map(struct xsk_area *area)
{
	size_t size = area->size + HUGE_PAGE;
	__u8 *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return -errno;
	memory += HUGE_PAGE - (size_t)memory % HUGE_PAGE;
	madvise(memory, area->size, MADV_HUGEPAGE);
	madvise(memory, area->size, MADV_DONTDUMP);
	area->memory = memory;
	return 0;
}

int xsk_area_open(struct xsk_area *area, __u32 frames)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	const struct xsk_umem_config config = {
		.fill_size = XSK_RING,
		.comp_size = XSK_RING,
		.frame_size = XSK_FRAME_SIZE,
	};
	int err;

	memset(area, 0, sizeof(*area));
	/* Kernels before 5.11 count it against the limit of locked memory. */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	area->frames = frames;
	area->size = (size_t)frames << XSK_FRAME_LOG;
	err = area_map(area);
	if (err)
		return err;
	area->free = malloc(frames * sizeof(*area->free));
	area->first = calloc(1, sizeof(*area->first));
	if (!area->free || !area->first)
		return -ENOMEM;
	while (area->free_count < frames) {
		area->free[area->free_count] = frames - 1 - area->free_count;
		area->free_count++;
	}
	return xsk_umem__create(&area->umem, area->memory, area->size,
				&area->first->fill, &area->first->complete,
				&config);
}

static int open_socket(struct xsk *xsk, struct xsk_area *area,
		       const char *device, int receives)
{
	const struct xsk_socket_config config = {
		.rx_size = XSK_RING,
		.tx_size = XSK_RING,
		.libxdp_flags = XSK_LIBXDP_FLAGS__INHIBIT_PROG_LOAD,
		.bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
	};
	struct xsk_rings *rings = calloc(1, sizeof(*rings));
	int err;

	if (!rings)
		return -ENOMEM;
	err = xsk_socket__create_shared(&rings->socket, device, 0, area->umem,
					receives ? &rings->rx : NULL,
					receives ? NULL : &rings->tx,
					&rings->fill, &rings->complete,
					&config);
	if (err) {
		free(rings);
		return err;
	}
	xsk->rings = rings;
	xsk->fd = xsk_socket__fd(rings->socket);
	xsk->posted = 0;
	return 0;
}

int xsk_open_receiver(struct xsk *xsk, struct xsk_area *area,
		      const char *device)
{
	return open_socket(xsk, area, device, 1);
}

int xsk_open_sender(struct xsk *xsk, struct xsk_area *area, const char *device,
		    __u32 mark)
{
	int budget = TX_BUDGET, buffer = 64 << 20;
	int err = open_socket(xsk, area, device, 0);

	if (err)
		return err;
	if (setsockopt(xsk->fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)))
		return -errno;
	/* Without these two it is only slower. */
	setsockopt(xsk->fd, SOL_XDP, XDP_MAX_TX_SKB_BUDGET, &budget,
		   sizeof(budget));
	setsockopt(xsk->fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer,
		   sizeof(buffer));
	return 0;
}

__u32 xsk_receive(struct xsk *xsk, struct xsk_packet *packets, __u32 max)
{
	struct xsk_ring_cons *rx = &xsk->rings->rx;
	__u32 at, count = xsk_ring_cons__peek(rx, max, &at);

	for (__u32 i = 0; i < count; i++) {
		struct xdp_desc desc = *xsk_ring_cons__rx_desc(rx, at + i);

		packets[i].frame = (__u32)(desc.addr >> XSK_FRAME_LOG);
		packets[i].offset = desc.addr & (XSK_FRAME_SIZE - 1);
		packets[i].length = (__u16)desc.len;
	}
	if (count)
		xsk_ring_cons__release(rx, count);
	xsk->posted -= count;
	return count;
}

__u32 xsk_unread(struct xsk *xsk)
{
	return xsk_cons_nb_avail(&xsk->rings->rx, XSK_RING);
}

void xsk_refill(struct xsk *xsk, struct xsk_area *area, __u32 depth)
{
	struct xsk_ring_prod *fill = &xsk->rings->fill;
	__u32 at, count = depth > xsk->posted ? depth - xsk->posted : 0;

	if (count > area->free_count)
		count = area->free_count;
	if (!count || !xsk_ring_prod__reserve(fill, count, &at))
		return;
	for (__u32 i = 0; i < count; i++)
		*xsk_ring_prod__fill_addr(fill, at + i) =
			(__u64)area->free[--area->free_count] << XSK_FRAME_LOG;
	xsk_ring_prod__submit(fill, count);
	xsk->posted += count;
}

__u32 xsk_room(struct xsk *xsk)
{
	return xsk_prod_nb_free(&xsk->rings->tx, XSK_RING);
}

void xsk_queue(struct xsk *xsk, const struct xsk_packet *packets, __u32 count)
{
	struct xsk_ring_prod *tx = &xsk->rings->tx;
	__u32 at;

	if (!xsk_ring_prod__reserve(tx, count, &at))
		return;
	for (__u32 i = 0; i < count; i++) {
		struct xdp_desc *desc = xsk_ring_prod__tx_desc(tx, at + i);

		desc->addr = ((__u64)packets[i].frame << XSK_FRAME_LOG) +
			     packets[i].offset;
		desc->len = packets[i].length;
		desc->options = 0;
	}
	xsk_ring_prod__submit(tx, count);
	xsk->posted += count;
}

static __u32 reap(struct xsk *xsk, struct xsk_area *area)
{
	struct xsk_ring_cons *complete = &xsk->rings->complete;
	__u32 at, count = xsk_ring_cons__peek(complete, XSK_RING, &at);

	for (__u32 i = 0; i < count; i++) {
		__u64 address = *xsk_ring_cons__comp_addr(complete, at + i);

		xsk_free(area, (__u32)(address >> XSK_FRAME_LOG));
	}
	if (count)
		xsk_ring_cons__release(complete, count);
	xsk->posted -= count;
	return count;
}

/* What the kernel says when there is more to do, or when it has no memory;
 * but what of it was a packet that the device refused is over. */
static int is_passing(int error)
{
	return error == EAGAIN || error == EBUSY || error == ENOBUFS ||
	       error == EINTR || error == ENOMEM;
}

int xsk_push(struct xsk *xsk, struct xsk_area *area)
{
	int idle = 0;

	while (xsk->posted) {
		int sent = (int)sendto(xsk->fd, NULL, 0, MSG_DONTWAIT, NULL, 0);

		if (sent < 0 && !is_passing(errno))
			return -errno;
		idle = reap(xsk, area) ? 0 : idle + 1;
		/* What is left completes, or is tried again, later. */
		if (sent >= 0 || idle == PUSHES_MAX)
			return 0;
	}
	return 0;
}
