/* SPDX-License-Identifier: GPL-2.0-only */
/* The helper devices of faultline, whatever their kind: marked, found and
 * deleted again. */
#include "netif_helper.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netif.h"

/* What to check of a device before it may be deleted. */
struct owner {
	unsigned ifindex, flags;
	__u32 group;
	char kind[16];
	char alias[32];
};

struct nlmsghdr *netif_helper_request(void *buffer, __u16 type, __u16 flags,
				      unsigned ifindex)
{
	struct nlmsghdr *nlh = netif_nl_request(buffer, type, flags);
	struct ifinfomsg *info;

	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_index = (int)ifindex;
	return nlh;
}

/* ---- marked ------------------------------------------------------------- */

/* No ARP, no multicast, no address detection on such a device. */
void netif_helper_fill_flags(struct ifinfomsg *info)
{
	info->ifi_flags = IFF_NOARP;
	info->ifi_change = IFF_NOARP | IFF_MULTICAST;
}

unsigned netif_helper_draw_ifindex(void)
{
	unsigned drawn = 0;

	if (getrandom(&drawn, sizeof(drawn), 0) != sizeof(drawn))
		return 0; /* the kernel chooses */
	return (drawn >> 2 | 1u << 30) & ~1u;
}

/* Group and alias, and no IPv6 if there is any. */
static int mark(const char *name, int inet6)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = netif_helper_request(buffer, RTM_NEWLINK, 0, 0);
	struct nlattr *families, *family;

	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	netif_helper_fill_flags(mnl_nlmsg_get_payload(nlh));
	mnl_attr_put_u32(nlh, IFLA_GROUP, NETIF_GROUP);
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

int netif_helper_mark(const char *name)
{
	int err = mark(name, 1);

	return err == -EAFNOSUPPORT ? mark(name, 0) : err;
}

int netif_link_up(unsigned ifindex)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = netif_helper_request(buffer, RTM_NEWLINK, 0,
						    ifindex);
	struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);

	if (!ifindex)
		return -EINVAL;
	info->ifi_flags = info->ifi_change = IFF_UP;
	return netif_nl_talk(nlh, NULL, NULL);
}

/* ---- found, and deleted ------------------------------------------------- */

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
	struct nlmsghdr *nlh = netif_helper_request(buffer, RTM_GETLINK, 0, 0);

	if (!*name || strlen(name) >= IFNAMSIZ)
		return -ENODEV;
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return netif_nl_talk(nlh, on_link, owner);
}

static int is_ours(const struct owner *owner)
{
	return owner->group == NETIF_GROUP &&
	       (!strcmp(owner->kind, "veth") || !strcmp(owner->kind, "tun") ||
		!strcmp(owner->kind, "macvlan")) &&
	       (!*owner->alias || !strcmp(owner->alias, NETIF_ALIAS));
}

unsigned netif_helper_find(const char *name)
{
	struct owner owner;

	if (get_owner(name, &owner) || !is_ours(&owner) ||
	    !(owner.flags & IFF_UP))
		return 0;
	return owner.ifindex;
}

int netif_helper_delete(const char *name)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct owner owner;
	int err = get_owner(name, &owner);

	if (err)
		return err;
	if (!is_ours(&owner))
		return -EEXIST;
	/* By index: no other device can have taken it meanwhile. */
	return netif_nl_talk(netif_helper_request(buffer, RTM_DELLINK, 0,
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
	return netif_nl_talk(netif_helper_request(buffer, RTM_GETLINK, 0,
						  ifindex),
			     on_stats, stats);
}
