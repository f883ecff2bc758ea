/* SPDX-License-Identifier: GPL-2.0-only */
/* Datagrams of e2e_cell as they leave by a device: for one without a host at
 * its other end. */
#pragma once

#include <arpa/inet.h>
#include <net/if.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "e2e_cell.h"

/* What one datagram was when it came. */
struct arrival {
	const __u8 *data;
	size_t size;
	int ttl, tos;
	bool bad_sum;
};

static int wire_open(const struct stream *stream)
{
	struct sockaddr_ll where = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(stream->dev),
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));

	if (fd < 0 || bind(fd, (struct sockaddr *)&where, sizeof(where)))
		die(stream->dev);
	return fd;
}

static __u32 wire_sum(const __u8 *data, size_t size)
{
	__u32 sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += i & 1 ? data[i] : (__u32)data[i] << 8;
	return sum;
}

static bool wire_sum_is_bad(const __u8 *addresses, size_t addresses_size,
			    const __u8 *udp, size_t size)
{
	__u32 sum = wire_sum(addresses, addresses_size) + wire_sum(udp, size) +
		    IPPROTO_UDP + (__u32)size;

	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum != 0xffff;
}

/* Whether @packet, without a link header, is one of the stream's. */
static bool wire_read(const struct stream *stream, const __u8 *packet,
		      size_t size, struct arrival *out)
{
	size_t head = stream->v4 ? 20 : 40;
	const __u8 *udp = packet + head;

	if (size < head + 8 || packet[0] >> 4 != (stream->v4 ? 4 : 6) ||
	    packet[stream->v4 ? 9 : 6] != IPPROTO_UDP ||
	    (udp[2] << 8 | udp[3]) != atoi(stream->port))
		return false;
	out->ttl = packet[stream->v4 ? 8 : 7];
	out->tos = stream->v4 ? packet[1] :
				(packet[0] << 4 | packet[1] >> 4) & 0xff;
	out->data = udp + 8;
	out->size = size - head - 8;
	out->bad_sum = wire_sum_is_bad(packet + (stream->v4 ? 12 : 8),
				       stream->v4 ? 8 : 32, udp, size - head);
	return true;
}
