/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * e2e_cable tun|tap NAMESPACE DEVICE NAMESPACE DEVICE: makes both devices and
 * carries packets from each to the other, aggregates and pending checksums too,
 * until it is ended. Says "ready".
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_tun.h>

static int fail(const char *what)
{
	fprintf(stderr, "e2e_cable: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int make(short kind, const char *namespace, const char *device)
{
	struct ifreq request = {
		.ifr_flags = (short)(kind | IFF_NO_PI | IFF_VNET_HDR),
	};
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", namespace);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		return fail(path);
	close(fd);
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
	if (fd < 0)
		return fail("/dev/net/tun");
	strncpy(request.ifr_name, device, sizeof(request.ifr_name) - 1);
	if (ioctl(fd, TUNSETIFF, &request) ||
	    ioctl(fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6))
		return fail(device);
	return fd;
}

static void carry(int from, int to)
{
	static char packet[1 << 17];
	ssize_t size;

	while ((size = read(from, packet, sizeof(packet))) > 0)
		if (write(to, packet, (size_t)size) < 0 && errno != EAGAIN &&
		    errno != EIO && errno != EINVAL)
			fail("write");
}

int main(int argc, char **argv)
{
	struct pollfd ends[2] = { { .events = POLLIN }, { .events = POLLIN } };
	short kind;

	if (argc != 6) {
		fputs("usage: e2e_cable tun|tap NAMESPACE DEVICE NAMESPACE "
		      "DEVICE\n",
		      stderr);
		return 2;
	}
	kind = strcmp(argv[1], "tap") ? IFF_TUN : IFF_TAP;
	ends[0].fd = make(kind, argv[2], argv[3]);
	ends[1].fd = make(kind, argv[4], argv[5]);
	puts("ready");
	fflush(stdout);
	while (poll(ends, 2, -1) > 0) {
		carry(ends[0].fd, ends[1].fd);
		carry(ends[1].fd, ends[0].fd);
	}
	return 0;
}
