/* SPDX-License-Identifier: GPL-2.0-only */
/* Tap devices for faultline: whoever opens one gets what is sent to it, and
 * what he writes has come in by it. */
#include "netif.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <linux/rtnetlink.h>

#include "netif_helper.h"

#ifndef TUN_F_USO4 /* since 6.2 */
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define FLAGS (IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)

static int attach(int fd, const char *name, int flags)
{
	struct ifreq request = { .ifr_flags = (short)flags };

	if (strlen(name) >= IFNAMSIZ)
		return -EINVAL;
	strcpy(request.ifr_name, name);
	if (!ioctl(fd, TUNSETIFF, &request))
		return 0;
	return errno == EBUSY && flags & IFF_TUN_EXCL ? -EEXIST : -errno;
}

/* All that a virtio_net_hdr can say. */
static int offer(int fd)
{
	const unsigned long whole = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 |
				    TUN_F_TSO_ECN;

	if (!ioctl(fd, TUNSETOFFLOAD, whole | TUN_F_USO4 | TUN_F_USO6) ||
	    !ioctl(fd, TUNSETOFFLOAD, whole))
		return 0;
	return -errno;
}

static int set_queue(const char *name, unsigned packets)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = netif_helper_request(buffer, RTM_NEWLINK, 0, 0);

	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nlh, IFLA_TXQLEN, packets);
	return netif_nl_talk(nlh, NULL, NULL);
}

/* Until the last step the device goes with the descriptor. */
static int make(int fd, const char *name, unsigned packets)
{
	unsigned ifindex = netif_helper_draw_ifindex();
	int err;

	if (ifindex && ioctl(fd, TUNSETIFINDEX, &ifindex))
		return -errno;
	err = attach(fd, name, FLAGS | IFF_TUN_EXCL);
	if (!err)
		err = offer(fd);
	if (!err)
		err = netif_helper_mark(name);
	if (!err)
		err = set_queue(name, packets);
	return !err && ioctl(fd, TUNSETPERSIST, 1ul) ? -errno : err;
}

static int open_tun(void)
{
	int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int netif_tap_add(const char *name, unsigned packets)
{
	int err, fd = open_tun();

	if (fd < 0)
		return fd;
	err = make(fd, name, packets);
	close(fd);
	return err;
}

int netif_tap_open(const char *name)
{
	int err, fd = open_tun();

	if (fd < 0)
		return fd;
	/* It must be there: this would make one. */
	err = netif_helper_find(name) ? attach(fd, name, FLAGS) : -ENODEV;
	if (!err)
		return fd;
	close(fd);
	return err;
}
