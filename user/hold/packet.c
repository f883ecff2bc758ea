/* SPDX-License-Identifier: GPL-2.0-only */
#include "packet.h"

#include <errno.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_packet.h>

static int prepare(int fd, const char *device, __u32 mark)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(device),
	};
	int on = 1, buffer = 64 << 20;

	if (!address.sll_ifindex)
		return -ENODEV;
	if (setsockopt(fd, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
	return 0;
}

int packet_open(const char *device, __u32 mark)
{
	/* Without a protocol the socket receives nothing. */
	int err, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	err = prepare(fd, device, mark);
	if (!err)
		return fd;
	close(fd);
	return err;
}

int packet_send(int fd, struct virtio_net_hdr *header, struct iovec *parts,
		size_t count)
{
	const struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };

	parts[0] = (struct iovec){ header, sizeof(*header) };
	return sendmsg(fd, &message, MSG_DONTWAIT) < 0 ? -errno : 0;
}
