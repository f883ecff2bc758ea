/* SPDX-License-Identifier: GPL-2.0-only */
/* IPv4 settings of a device, by rtnetlink: /proc/sys may be read-only. */
#include "netif.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/rtnetlink.h>

#include "netif_nl.h"

struct found {
	struct netif_inet *inet;
	bool there;
};

static struct nlmsghdr *request(void *buffer, __u16 type, unsigned ifindex)
{
	struct nlmsghdr *nlh = netif_nl_request(buffer, type, 0);
	struct ifinfomsg *info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));

	info->ifi_index = (int)ifindex;
	return nlh;
}

/* An array of all settings, the first of which is number 1. */
static int on_settings(const struct nlattr *attr, void *data)
{
	const __u32 *settings = mnl_attr_get_payload(attr);
	struct found *found = data;

	if (mnl_attr_get_type(attr) != IFLA_INET_CONF)
		return MNL_CB_OK;
	if (mnl_attr_get_payload_len(attr) <
	    IPV4_DEVCONF_ROUTE_LOCALNET * sizeof(*settings)) {
		errno = EOPNOTSUPP;
		return MNL_CB_ERROR;
	}
	found->inet->accept_local = settings[IPV4_DEVCONF_ACCEPT_LOCAL - 1];
	found->inet->route_localnet = settings[IPV4_DEVCONF_ROUTE_LOCALNET - 1];
	found->there = true;
	return MNL_CB_OK;
}

static int on_family(const struct nlattr *attr, void *data)
{
	return mnl_attr_get_type(attr) == AF_INET ?
		       mnl_attr_parse_nested(attr, on_settings, data) :
		       MNL_CB_OK;
}

static int on_attribute(const struct nlattr *attr, void *data)
{
	return mnl_attr_get_type(attr) == IFLA_AF_SPEC ?
		       mnl_attr_parse_nested(attr, on_family, data) :
		       MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *nlh, void *data)
{
	return nlh->nlmsg_type == RTM_NEWLINK ?
		       mnl_attr_parse(nlh, sizeof(struct ifinfomsg),
				      on_attribute, data) :
		       MNL_CB_OK;
}

int netif_inet_get(unsigned ifindex, struct netif_inet *inet)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct found found = { .inet = inet };
	int err;

	if (!ifindex)
		return -ENODEV;
	err = netif_nl_talk(request(buffer, RTM_GETLINK, ifindex), on_link,
			    &found);
	if (err)
		return err;
	return found.there ? 0 : -EAFNOSUPPORT;
}

int netif_inet_set(unsigned ifindex, const struct netif_inet *inet)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlattr *spec, *family, *settings;
	struct nlmsghdr *nlh;

	if (!ifindex)
		return -ENODEV;
	nlh = request(buffer, RTM_NEWLINK, ifindex);
	spec = mnl_attr_nest_start(nlh, IFLA_AF_SPEC);
	family = mnl_attr_nest_start(nlh, AF_INET);
	settings = mnl_attr_nest_start(nlh, IFLA_INET_CONF);
	mnl_attr_put_u32(nlh, IPV4_DEVCONF_ACCEPT_LOCAL, inet->accept_local);
	mnl_attr_put_u32(nlh, IPV4_DEVCONF_ROUTE_LOCALNET,
			 inet->route_localnet);
	mnl_attr_nest_end(nlh, settings);
	mnl_attr_nest_end(nlh, family);
	mnl_attr_nest_end(nlh, spec);
	return netif_nl_talk(nlh, NULL, NULL);
}
