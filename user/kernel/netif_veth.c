/* SPDX-License-Identifier: GPL-2.0-only */
/* The veth pairs of faultline: made, marked and deleted again. */
#include "netif.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/random.h>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "netif_nl.h"

/* What to check of a device before it may be deleted. */
struct owner {
	unsigned ifindex, flags;
	__u32 group;
	char kind[16];
	char alias[32];
};

static struct nlmsghdr *link_request(void *buffer, __u16 type, __u16 flags,
				     unsigned ifindex)
{
	struct nlmsghdr *nlh = netif_nl_request(buffer, type, flags);
	struct ifinfomsg *info;

	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_index = (int)ifindex;
	return nlh;
}

/* ---- making them -------------------------------------------------------- */

/* No ARP, no multicast, no address detection on such a device. */
static void fill_flags(struct ifinfomsg *info)
{
	info->ifi_flags = IFF_NOARP;
	info->ifi_change = IFF_NOARP | IFF_MULTICAST;
}

/* The group comes with the device, an alias takes a second request. A process
 * killed in between leaves a device that is still known as faultline's. */
static void put_end(struct nlmsghdr *nlh, const char *name, unsigned mtu)
{
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nlh, IFLA_MTU, mtu);
	mnl_attr_put_u32(nlh, IFLA_GROUP, NETIF_GROUP);
	mnl_attr_put_u32(nlh, IFLA_NUM_RX_QUEUES, 1);
	mnl_attr_put_u32(nlh, IFLA_NUM_TX_QUEUES, 1);
}

/* Draws an index that no device of another network namespace has, but for
 * chance; the peer gets the next one. */
static unsigned draw_ifindex(void)
{
	unsigned drawn = 0;

	if (getrandom(&drawn, sizeof(drawn), 0) != sizeof(drawn))
		return 0; /* the kernel chooses */
	return (drawn >> 2 | 1u << 30) & ~1u;
}

static int add_pair(const char *name, const char *peer, unsigned mtu)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	unsigned ifindex = draw_ifindex();
	struct nlmsghdr *nlh = link_request(buffer, RTM_NEWLINK,
					    NLM_F_CREATE | NLM_F_EXCL, ifindex);
	struct nlattr *kind, *data, *other;
	struct ifinfomsg *info;

	fill_flags(mnl_nlmsg_get_payload(nlh));
	put_end(nlh, name, mtu);
	kind = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	other = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_index = ifindex ? (int)ifindex + 1 : 0;
	fill_flags(info);
	put_end(nlh, peer, mtu);
	mnl_attr_nest_end(nlh, other);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, kind);
	return netif_nl_talk(nlh, NULL, NULL);
}

/* Sets an alias for people to read, and turns IPv6 off if there is any. */
static int set_end(const char *name, int inet6)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = link_request(buffer, RTM_NEWLINK, 0, 0);
	struct nlattr *families, *family;

	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_str(nlh, IFLA_IFALIAS, NETIF_ALIAS);
	if (inet6) {
		families = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
		family = mnl_attr_nest_start(nlh, AF_INET6);
		mnl_attr_put_u8(nlh, IFLA_INET6_ADDR_GEN_MODE,
				IN6_ADDR_GEN_MODE_NONE);
		mnl_attr_nest_end(nlh, family);
		mnl_attr_nest_end(nlh, families);
	}
	return netif_nl_talk(nlh, NULL, NULL);
}

int netif_pair_add(const char *name, const char *peer, unsigned mtu)
{
	const char *const names[] = { name, peer };
	int err;

	if (strlen(name) >= IFNAMSIZ || strlen(peer) >= IFNAMSIZ)
		return -EINVAL;
	err = add_pair(name, peer, mtu);
	for (int i = 0; i < 2 && !err; i++) {
		err = set_end(names[i], 1);
		if (err == -EAFNOSUPPORT)
			err = set_end(names[i], 0);
	}
	return err;
}

int netif_link_up(unsigned ifindex)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = link_request(buffer, RTM_NEWLINK, 0, ifindex);
	struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);

	if (!ifindex)
		return -EINVAL;
	info->ifi_flags = info->ifi_change = IFF_UP;
	return netif_nl_talk(nlh, NULL, NULL);
}

int netif_xdp_attach(unsigned ifindex, int prog_fd)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = link_request(buffer, RTM_NEWLINK, 0, ifindex);
	struct nlattr *nest;

	if (!ifindex || prog_fd < 0)
		return -EINVAL;
	nest = mnl_attr_nest_start(nlh, IFLA_XDP);
	mnl_attr_put_u32(nlh, IFLA_XDP_FD, (__u32)prog_fd);
	mnl_attr_put_u32(nlh, IFLA_XDP_FLAGS,
			 XDP_FLAGS_DRV_MODE | XDP_FLAGS_UPDATE_IF_NOEXIST);
	mnl_attr_nest_end(nlh, nest);
	return netif_nl_talk(nlh, NULL, NULL);
}

/* ---- deleting them --------------------------------------------------- */

static int on_info(const struct nlattr *attr, void *data)
{
	struct owner *owner = data;

	if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
		netif_nl_string(owner->kind, sizeof(owner->kind), attr);
	return MNL_CB_OK;
}

static int on_attribute(const struct nlattr *attr, void *data)
{
	struct owner *owner = data;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFALIAS:
		netif_nl_string(owner->alias, sizeof(owner->alias), attr);
		break;
	case IFLA_GROUP:
		owner->group = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINKINFO:
		return mnl_attr_parse_nested(attr, on_info, owner);
	}
	return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *nlh, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	struct owner *owner = data;

	if (nlh->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	memset(owner, 0, sizeof(*owner));
	owner->ifindex = (unsigned)info->ifi_index;
	owner->flags = info->ifi_flags;
	return mnl_attr_parse(nlh, sizeof(*info), on_attribute, owner);
}

static int get_owner(const char *name, struct owner *owner)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = link_request(buffer, RTM_GETLINK, 0, 0);

	if (!*name || strlen(name) >= IFNAMSIZ)
		return -ENODEV;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netif_nl_talk(nlh, on_link, owner);
}

static int is_ours(const struct owner *owner)
{
	return owner->group == NETIF_GROUP && !strcmp(owner->kind, "veth") &&
	       (!*owner->alias || !strcmp(owner->alias, NETIF_ALIAS));
}

unsigned netif_pair_find(const char *name)
{
	struct owner owner;

	if (get_owner(name, &owner) || !is_ours(&owner) ||
	    !(owner.flags & IFF_UP))
		return 0;
	return owner.ifindex;
}

int netif_pair_delete(const char *name)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct owner owner;
	int err = get_owner(name, &owner);

	if (err)
		return err;
	if (!is_ours(&owner))
		return -EEXIST;
	/* By index: no other device can have taken it meanwhile. */
	return netif_nl_talk(link_request(buffer, RTM_DELLINK, 0,
					  owner.ifindex),
			     NULL, NULL);
}

/* ---- figures ------------------------------------------------------------ */

static int on_stats_attribute(const struct nlattr *attr, void *data)
{
	struct netif_stats *stats = data;
	struct rtnl_link_stats64 all = { 0 };
	size_t size = mnl_attr_get_payload_len(attr);

	if (mnl_attr_get_type(attr) != IFLA_STATS64)
		return MNL_CB_OK;
	memcpy(&all, mnl_attr_get_payload(attr),
	       size < sizeof(all) ? size : sizeof(all));
	stats->rx_packets = all.rx_packets;
	stats->tx_packets = all.tx_packets;
	stats->rx_dropped = all.rx_dropped;
	stats->tx_dropped = all.tx_dropped;
	return MNL_CB_OK;
}

static int on_stats(const struct nlmsghdr *nlh, void *data)
{
	if (nlh->nlmsg_type != RTM_NEWLINK)
		return MNL_CB_OK;
	return mnl_attr_parse(nlh, sizeof(struct ifinfomsg), on_stats_attribute,
			      data);
}

int netif_stats_get(unsigned ifindex, struct netif_stats *stats)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];

	memset(stats, 0, sizeof(*stats));
	if (!ifindex)
		return -ENODEV;
	return netif_nl_talk(link_request(buffer, RTM_GETLINK, 0, ifindex),
			     on_stats, stats);
}
