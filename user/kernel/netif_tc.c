/* SPDX-License-Identifier: GPL-2.0-only */
#include "netif.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "netif_nl.h"

#define PRIORITY_DEFAULT 16
#define PRIORITY_MAX 0xffff
#define CLSACT_HANDLE TC_H_MAKE(TC_H_CLSACT, 0)

static __u32 side_parent(__u32 side)
{
	return TC_H_MAKE(TC_H_CLSACT,
			 side == FL_IN ? TC_H_MIN_INGRESS : TC_H_MIN_EGRESS);
}

static struct nlmsghdr *tc_request(void *buffer, __u16 type, __u16 flags,
				   const struct tcmsg *tcm)
{
	struct nlmsghdr *nlh = netif_nl_request(buffer, type, flags);

	memcpy(mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm)), tcm,
	       sizeof(*tcm));
	return nlh;
}

/* ---- qdisc -------------------------------------------------------------- */

struct qdisc {
	unsigned ifindex;
	__u32 handle;
	char kind[16];
};

static int on_qdisc_attribute(const struct nlattr *attr, void *data)
{
	struct qdisc *qdisc = data;

	if (mnl_attr_get_type(attr) == TCA_KIND)
		netif_nl_string(qdisc->kind, sizeof(qdisc->kind), attr);
	return MNL_CB_OK;
}

static int on_qdisc(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct qdisc *qdisc;

	if (nlh->nlmsg_type != RTM_NEWQDISC)
		return MNL_CB_OK;
	qdisc = netif_list_add(data);
	if (!qdisc)
		return MNL_CB_ERROR;
	qdisc->ifindex = (unsigned)tcm->tcm_ifindex;
	qdisc->handle = tcm->tcm_handle;
	return mnl_attr_parse(nlh, sizeof(*tcm), on_qdisc_attribute, qdisc);
}

int netif_clsact_exists(unsigned ifindex)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct tcmsg tcm = { .tcm_ifindex = (int)ifindex };
	struct netif_list list = { .item_size = sizeof(struct qdisc) };
	struct qdisc *qdisc;
	int result;

	result = netif_nl_dump(tc_request(buffer, RTM_GETQDISC, 0, &tcm),
			       on_qdisc, &list);
	qdisc = list.items;
	for (; qdisc && qdisc < (struct qdisc *)list.items + list.count;
	     qdisc++) {
		/* The kernel dumps all devices, not only the requested one. */
		if (qdisc->ifindex != ifindex || qdisc->handle != CLSACT_HANDLE)
			continue;
		result = strcmp(qdisc->kind, "clsact") ? -EEXIST : 1;
	}
	free(list.items);
	return result;
}

static int change_clsact(unsigned ifindex, __u16 type, __u16 flags)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct tcmsg tcm = {
		.tcm_ifindex = (int)ifindex,
		.tcm_parent = TC_H_CLSACT,
		.tcm_handle = CLSACT_HANDLE,
	};
	struct nlmsghdr *nlh = tc_request(buffer, type, flags, &tcm);

	mnl_attr_put_strz(nlh, TCA_KIND, "clsact");
	return netif_nl_talk(nlh, NULL, NULL);
}

int netif_clsact_add(unsigned ifindex)
{
	return change_clsact(ifindex, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
}

/* ---- filters ------------------------------------------------------------ */

static int on_bpf_attribute(const struct nlattr *attr, void *data)
{
	struct netif_filter *filter = data;

	switch (mnl_attr_get_type(attr)) {
	case TCA_BPF_NAME:
		netif_nl_string(filter->name, sizeof(filter->name), attr);
		break;
	case TCA_BPF_ID:
		filter->prog_id = mnl_attr_get_u32(attr);
		break;
	case TCA_BPF_TAG:
		if (mnl_attr_get_payload_len(attr) == sizeof(filter->tag))
			memcpy(filter->tag, mnl_attr_get_payload(attr),
			       sizeof(filter->tag));
		break;
	}
	return MNL_CB_OK;
}

static int on_filter_attribute(const struct nlattr *attr, void *data)
{
	struct netif_filter *filter = data;

	switch (mnl_attr_get_type(attr)) {
	case TCA_KIND:
		netif_nl_string(filter->kind, sizeof(filter->kind), attr);
		break;
	case TCA_CHAIN:
		filter->chain = mnl_attr_get_u32(attr);
		break;
	case TCA_OPTIONS: /* the kernel puts them after the kind */
		if (!strcmp(filter->kind, "bpf"))
			return mnl_attr_parse_nested(attr, on_bpf_attribute,
						     filter);
		break;
	}
	return MNL_CB_OK;
}

static int on_filter(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct netif_filter *filter;

	if (nlh->nlmsg_type != RTM_NEWTFILTER)
		return MNL_CB_OK;
	filter = netif_list_add(data);
	if (!filter)
		return MNL_CB_ERROR;
	filter->priority = TC_H_MAJ(tcm->tcm_info) >> 16;
	filter->protocol = ntohs((__u16)TC_H_MIN(tcm->tcm_info));
	filter->handle = tcm->tcm_handle;
	return mnl_attr_parse(nlh, sizeof(*tcm), on_filter_attribute, filter);
}

/* Includes the entries that stand for a whole priority or hash table. */
static int dump_filters(unsigned ifindex, __u32 side, struct netif_list *list)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct tcmsg tcm = {
		.tcm_ifindex = (int)ifindex,
		.tcm_parent = side_parent(side),
	};
	int err;

	*list = (struct netif_list){
		.item_size = sizeof(struct netif_filter),
	};
	if (side >= FL_SIDES)
		return -EINVAL;
	/* An ingress qdisc shows the same filters under either parent. */
	if (side == FL_OUT) {
		err = netif_clsact_exists(ifindex);
		if (err <= 0)
			return err == -EEXIST ? 0 : err;
	}
	return netif_nl_dump(tc_request(buffer, RTM_GETTFILTER, 0, &tcm),
			     on_filter, list);
}

int netif_clsact_delete(unsigned ifindex)
{
	struct netif_list list;
	__u32 side;
	int err;

	err = netif_clsact_exists(ifindex);
	if (err == 0 || err == -EEXIST)
		return -ENOENT;
	if (err < 0)
		return err;
	for (side = 0; side < FL_SIDES; side++) {
		err = dump_filters(ifindex, side, &list);
		if (err)
			return err;
		free(list.items);
		if (list.count)
			return -ENOTEMPTY;
	}
	return change_clsact(ifindex, RTM_DELQDISC, 0);
}

static int is_filter(const struct netif_filter *filter)
{
	if (!strcmp(filter->kind, "u32"))
		return TC_U32_NODE(filter->handle) != 0;
	return filter->handle != 0;
}

int netif_filters(unsigned ifindex, __u32 side, struct netif_filter **list,
		  size_t *count)
{
	struct netif_list all;
	struct netif_filter *filter;
	size_t i;
	int err = dump_filters(ifindex, side, &all);

	*list = filter = all.items;
	*count = 0;
	for (i = 0; i < all.count; i++) {
		if (!is_filter(&filter[i]))
			continue;
		filter[*count] = filter[i];
		filter[*count].parent_side = side;
		++*count;
	}
	return err;
}

static struct nlmsghdr *filter_request(void *buffer, __u16 type, __u16 flags,
				       unsigned ifindex, __u32 side,
				       __u32 priority, __u32 handle)
{
	struct tcmsg tcm = {
		.tcm_ifindex = (int)ifindex,
		.tcm_parent = side_parent(side),
		.tcm_handle = handle,
		.tcm_info = TC_H_MAKE(priority << 16, htons(ETH_P_ALL)),
	};
	struct nlmsghdr *nlh = tc_request(buffer, type, flags, &tcm);

	mnl_attr_put_strz(nlh, TCA_KIND, "bpf");
	return nlh;
}

/* To the kernel 0 means any: it would choose one, or delete all. */
static int is_exact(__u32 side, __u32 priority, __u32 handle)
{
	return side < FL_SIDES && priority && priority <= PRIORITY_MAX &&
	       handle;
}

int netif_filter_add(unsigned ifindex, __u32 side, __u32 priority, __u32 handle,
		     int prog_fd, const char *name)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh;
	struct nlattr *nest;

	if (!is_exact(side, priority, handle) || prog_fd < 0 ||
	    strlen(name) >= sizeof(((struct netif_filter *)0)->name))
		return -EINVAL;
	if (side == FL_OUT && netif_clsact_exists(ifindex) == -EEXIST)
		return -EOPNOTSUPP;
	nlh = filter_request(buffer, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL,
			     ifindex, side, priority, handle);
	nest = mnl_attr_nest_start(nlh, TCA_OPTIONS);
	mnl_attr_put_u32(nlh, TCA_BPF_FD, (__u32)prog_fd);
	mnl_attr_put_strz(nlh, TCA_BPF_NAME, name);
	mnl_attr_put_u32(nlh, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	mnl_attr_nest_end(nlh, nest);
	return netif_nl_talk(nlh, NULL, NULL);
}

static int has_filter(unsigned ifindex, __u32 side, __u32 priority,
		      __u32 handle)
{
	struct netif_filter *list;
	size_t count, i;
	int result = netif_filters(ifindex, side, &list, &count);

	for (i = 0; i < count; i++) {
		if (list[i].chain == 0 && list[i].priority == priority &&
		    list[i].protocol == ETH_P_ALL && list[i].handle == handle &&
		    !strcmp(list[i].kind, "bpf"))
			result = 1;
	}
	free(list);
	return result;
}

int netif_filter_delete(unsigned ifindex, __u32 side, __u32 priority,
			__u32 handle)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	int found;

	if (!is_exact(side, priority, handle))
		return -EINVAL;
	/* Look before deleting: the kernel answers -EINVAL both to a filter
	 * of another kind or protocol and to a missing qdisc. */
	found = has_filter(ifindex, side, priority, handle);
	if (found <= 0)
		return found ? found : -ENOENT;
	return netif_nl_talk(filter_request(buffer, RTM_DELTFILTER, 0, ifindex,
					    side, priority, handle),
			     NULL, NULL);
}

static int is_taken(const struct netif_list *list, __u32 priority)
{
	const struct netif_filter *filter = list->items;
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (filter[i].chain == 0 && filter[i].priority == priority)
			return 1;
	}
	return 0;
}

int netif_filter_priority(unsigned ifindex, __u32 side, __u32 *priority,
			  int *behind)
{
	struct netif_list list;
	__u32 lowest = 1;
	int err = dump_filters(ifindex, side, &list);

	if (err)
		return err;
	while (lowest <= PRIORITY_DEFAULT && !is_taken(&list, lowest))
		lowest++;
	*priority = lowest - 1;
	*behind = lowest == 1;
	if (*behind) {
		while (lowest <= PRIORITY_MAX && is_taken(&list, lowest))
			lowest++;
		*priority = lowest;
	}
	free(list.items);
	return *priority > PRIORITY_MAX ? -ENOSPC : 0;
}
