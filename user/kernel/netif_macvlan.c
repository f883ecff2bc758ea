/* SPDX-License-Identifier: GPL-2.0-only */
/* Making macvlan devices for faultline. */
#include "netif.h"

#include <errno.h>
#include <string.h>

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "netif_helper.h"

static int add_upon(const char *name, unsigned base)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = netif_helper_request(
		buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
		netif_helper_draw_ifindex());
	struct nlattr *kind, *data;

	netif_helper_fill_flags(mnl_nlmsg_get_payload(nlh));
	mnl_attr_put_strz(nlh, IFLA_IFNAME, name);
	mnl_attr_put_u32(nlh, IFLA_GROUP, NETIF_GROUP);
	mnl_attr_put_u32(nlh, IFLA_LINK, base);
	kind = mnl_attr_nest_start(nlh, IFLA_LINKINFO);
	mnl_attr_put_strz(nlh, IFLA_INFO_KIND, "macvlan");
	data = mnl_attr_nest_start(nlh, IFLA_INFO_DATA);
	/* In this mode it looks at no address, but sends all to the base. */
	mnl_attr_put_u32(nlh, IFLA_MACVLAN_MODE, MACVLAN_MODE_PRIVATE);
	mnl_attr_nest_end(nlh, data);
	mnl_attr_nest_end(nlh, kind);
	return netif_nl_talk(nlh, NULL, NULL);
}

int netif_macvlan_add(const char *name, const char *base)
{
	struct netif_link link;
	int err;

	if (strlen(name) >= IFNAMSIZ)
		return -EINVAL;
	err = netif_link_get(base, &link);
	if (!err)
		err = add_upon(name, link.ifindex);
	return err ? err : netif_helper_mark(name);
}
