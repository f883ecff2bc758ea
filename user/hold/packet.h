/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A packet socket that only sends: by one device, around its queues, also
 * buffers that stand for many segments. Negative errno throughout.
 */
#pragma once

#include <stddef.h>
#include <sys/uio.h>

#include <linux/types.h>
#include <linux/virtio_net.h>

/* Returns a descriptor. */
int packet_open(const char *device, __u32 mark);

/*
 * Sends the @count parts as one buffer. parts[0] is left free by the caller,
 * for @header. Returns at once, with a copy taken.
 */
int packet_send(int fd, struct virtio_net_hdr *header, struct iovec *parts,
		size_t count);
