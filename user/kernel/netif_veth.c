/* SPDX-License-Identifier: GPL-2.0-only */
/* Making veth pairs for faultline. */
#include "netif.h"

#include <errno.h>
#include <string.h>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "netif_helper.h"

/* The group comes with the device, the alias takes a second request. A process
 * killed in between leaves a device that is still known as faultline's. */
static void put_end(struct nlmsghdr *nlh, const char *name)
{
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nlh, IFLA_MTU, NETIF_MTU_MAX);
	mnl_attr_put_u32(nlh, IFLA_GROUP, NETIF_GROUP);
	mnl_attr_put_u32(nlh, IFLA_NUM_RX_QUEUES, 1);
	mnl_attr_put_u32(nlh, IFLA_NUM_TX_QUEUES, 1);
}

static int add_pair(const char *name, const char *peer)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	unsigned ifindex = netif_helper_draw_ifindex();
	struct nlmsghdr *nlh = netif_helper_request(
		buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, ifindex);
	struct nlattr *kind, *data, *other;
	struct ifinfomsg *info;

	netif_helper_fill_flags(mnl_nlmsg_get_payload(nlh));
	put_end(nlh, name);
	kind = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	other = mnl_attr_nest_start(nlh, VETH_INFO_PEER);
	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_index = ifindex ? (int)ifindex + 1 : 0;
	netif_helper_fill_flags(info);
	put_end(nlh, peer);
	mnl_attr_nest_end(nlh, other);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, kind);
	return netif_nl_talk(nlh, NULL, NULL);
}

int netif_pair_add(const char *name, const char *peer)
{
	int err;

	if (strlen(name) >= IFNAMSIZ || strlen(peer) >= IFNAMSIZ)
		return -EINVAL;
	err = add_pair(name, peer);
	if (!err)
		err = netif_helper_mark(name);
	return err ? err : netif_helper_mark(peer);
}
