/* SPDX-License-Identifier: GPL-2.0-only */
/* Links: what a device is, by name or index. */
#include "netif.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netif_nl.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static int on_info(const struct nlattr *attr, void *data)
{
	struct netif_link *link = data;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		netif_nl_string(link->kind, sizeof(link->kind), attr);
	return MNL_CB_OK;
}

static int on_xdp(const struct nlattr *attr, void *data)
{
	struct netif_link *link = data;
	__u32 *id = link->xdp_prog_id;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_XDP_DRV_PROG_ID:
		id[NETIF_XDP_DRIVER] = mnl_attr_get_u32(attr);
		break;
	case IFLA_XDP_SKB_PROG_ID:
		id[NETIF_XDP_GENERIC] = mnl_attr_get_u32(attr);
		break;
	case IFLA_XDP_HW_PROG_ID:
		id[NETIF_XDP_HARDWARE] = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

static int on_link_attribute(const struct nlattr *attr, void *data)
{
	struct netif_link *link = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		netif_nl_string(link->name, sizeof(link->name), attr);
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == sizeof(link->address))
			memcpy(link->address, mnl_attr_get_payload(attr),
			       sizeof(link->address));
		break;
	case IFLA_MTU:
		link->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_NUM_RX_QUEUES:
		link->rx_queues = mnl_attr_get_u32(attr);
		break;
	case IFLA_NUM_TX_QUEUES:
		link->tx_queues = mnl_attr_get_u32(attr);
		break;
	case IFLA_MASTER:
		link->master_ifindex = mnl_attr_get_u32(attr);
		break;
	case IFLA_GSO_MAX_SEGS:
		link->gso_max_segs = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINKINFO:
		return mnl_attr_parse_nested(attr, on_info, link);
	case IFLA_XDP:
		return mnl_attr_parse_nested(attr, on_xdp, link);
	}
	return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	struct netif_link *link = data;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	memset(link, 0, sizeof(*link));
	link->ifindex = (unsigned)info->ifi_index;
	link->arphrd_type = info->ifi_type;
	link->flags = info->ifi_flags;
	return mnl_attr_parse(nlh, sizeof(*info), on_link_attribute, link);
}

static int on_list_link(const struct nlmsghdr *nlh, void *data)
{
	struct netif_link *link = netif_list_add(data);

	return link ? on_link(nlh, link) : MNL_CB_ERROR;
}

static struct nlmsghdr *link_request(void *buffer, __u16 type, unsigned ifindex)
{
	struct nlmsghdr *nlh = netif_nl_request(buffer, type, 0);
	struct ifinfomsg *info;

	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_index = (int)ifindex;
	if (type == RTM_GETLINK)
		mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return nlh;
}

static int get_link(struct nlmsghdr *request, struct netif_link *link)
{
	return netif_nl_talk(request, on_link, link);
}

int netif_link_get(const char *name, struct netif_link *link)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = link_request(buffer, RTM_GETLINK, 0);
	size_t length = strlen(name);

	if (!length || length >= ALTIFNAMSIZ)
		return -ENODEV;
	mnl_attr_put_strz(
		nlh, length < IFNAMSIZ ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
	return get_link(nlh, link);
}

int netif_link_get_index(unsigned ifindex, struct netif_link *link)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];

	if (!ifindex)
		return -ENODEV;
	return get_link(link_request(buffer, RTM_GETLINK, ifindex), link);
}

int netif_link_driver(struct netif_link *link)
{
	return netif_driver_get(link->name, link->driver, sizeof(link->driver));
}

int netif_links(struct netif_link **list, size_t *count)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct netif_list links = { .item_size = sizeof(**list) };
	struct netif_link *link;
	int err;

	err = netif_nl_dump(link_request(buffer, RTM_GETLINK, 0), on_list_link,
			    &links);
	*list = links.items;
	*count = links.count;
	/* A device that has gone meanwhile stays in the list without driver. */
	for (link = *list; link < *list + *count; link++)
		(void)netif_link_driver(link);
	return err;
}

int netif_link_layer(const struct netif_link *link)
{
	switch (link->arphrd_type) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		return 2;
	case ARPHRD_NONE:
	case ARPHRD_RAWIP:
	case ARPHRD_PPP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
	case ARPHRD_IPGRE:
	case ARPHRD_IP6GRE:
		return 3;
	}
	return -EOPNOTSUPP;
}

bool netif_is_loopback(const struct netif_link *link)
{
	return link->arphrd_type == ARPHRD_LOOPBACK;
}

int netif_gso_max_segs_set(unsigned ifindex, unsigned segs)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh;

	if (!ifindex || !segs)
		return -EINVAL;
	nlh = link_request(buffer, RTM_NEWLINK, ifindex);
	mnl_attr_put_u32(nlh, IFLA_GSO_MAX_SEGS, segs);
	return netif_nl_talk(nlh, NULL, NULL);
}

int netif_netns_cookie(__u64 *cookie)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	socklen_t size = sizeof(*cookie);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size) < 0)
		err = -errno;
	close(fd);
	return err;
}
