/* SPDX-License-Identifier: GPL-2.0-only */
/* Root qdiscs of the helper devices. */
#include "netif.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <linux/gen_stats.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "netif_nl.h"

static struct nlmsghdr *root_request(void *buffer, __u16 flags,
				     unsigned ifindex, const char *kind)
{
	struct nlmsghdr *nlh = netif_nl_request(buffer, RTM_NEWQDISC, flags);
	struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));

	tcm->tcm_ifindex = (int)ifindex;
	tcm->tcm_parent = TC_H_ROOT;
	mnl_attr_put_strz(nlh, TCA_KIND, kind);
	return nlh;
}

#define REPLACE (NLM_F_CREATE | NLM_F_REPLACE)

int netif_fq_set(unsigned ifindex, const struct netif_fq *fq)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = root_request(buffer, REPLACE, ifindex, "fq");
	struct nlattr *nest = mnl_attr_nest_start(nlh, TCA_OPTIONS);

	mnl_attr_put_u32(nlh, TCA_FQ_PLIMIT, fq->limit);
	mnl_attr_put_u32(nlh, TCA_FQ_FLOW_PLIMIT, fq->limit);
	mnl_attr_put_u32(nlh, TCA_FQ_RATE_ENABLE, 0);
	mnl_attr_put_u32(nlh, TCA_FQ_BUCKETS_LOG, fq->buckets_log);
	mnl_attr_put_u32(nlh, TCA_FQ_ORPHAN_MASK, fq->orphan_mask);
	mnl_attr_put_u32(nlh, TCA_FQ_TIMER_SLACK, fq->timer_slack_ns);
	mnl_attr_put_u32(nlh, TCA_FQ_HORIZON, fq->horizon_us);
	mnl_attr_nest_end(nlh, nest);
	return netif_nl_talk(nlh, NULL, NULL);
}

int netif_noqueue_set(unsigned ifindex)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];

	return netif_nl_talk(root_request(buffer, REPLACE, ifindex, "noqueue"),
			     NULL, NULL);
}

struct root {
	unsigned ifindex;
	struct netif_qdisc qdisc;
};

static int on_statistics(const struct nlattr *attr, void *data)
{
	struct netif_qdisc *qdisc = data;
	struct gnet_stats_queue queue = { 0 };

	if (mnl_attr_get_type(attr) != TCA_STATS_QUEUE ||
	    mnl_attr_get_payload_len(attr) < sizeof(queue))
		return MNL_CB_OK;
	memcpy(&queue, mnl_attr_get_payload(attr), sizeof(queue));
	qdisc->waiting = queue.qlen;
	qdisc->drops = queue.drops;
	return MNL_CB_OK;
}

static int on_attribute(const struct nlattr *attr, void *data)
{
	struct netif_qdisc *qdisc = data;

	switch (mnl_attr_get_type(attr)) {
	case TCA_KIND:
		netif_nl_string(qdisc->kind, sizeof(qdisc->kind), attr);
		break;
	case TCA_STATS2:
		return mnl_attr_parse_nested(attr, on_statistics, qdisc);
	}
	return MNL_CB_OK;
}

static int on_qdisc(const struct nlmsghdr *nlh, void *data)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(nlh);
	struct root *root;

	if (nlh->nlmsg_type != RTM_NEWQDISC || tcm->tcm_parent != TC_H_ROOT)
		return MNL_CB_OK;
	root = netif_list_add(data);
	if (!root)
		return MNL_CB_ERROR;
	root->ifindex = (unsigned)tcm->tcm_ifindex;
	return mnl_attr_parse(nlh, sizeof(*tcm), on_attribute, &root->qdisc);
}

int netif_qdisc_get(unsigned ifindex, struct netif_qdisc *qdisc)
{
	__attribute__((aligned(8))) char buffer[NETIF_REQUEST_SIZE];
	struct nlmsghdr *nlh = netif_nl_request(buffer, RTM_GETQDISC, 0);
	struct tcmsg *tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	struct netif_list list = { .item_size = sizeof(struct root) };
	const struct root *roots;
	int err;

	tcm->tcm_ifindex = (int)ifindex;
	err = netif_nl_dump(nlh, on_qdisc, &list);
	if (err)
		return err;
	roots = list.items;
	err = -ENOENT;
	/* The kernel dumps all devices, not only the requested one. */
	for (size_t i = 0; i < list.count; i++) {
		if (roots[i].ifindex == ifindex &&
		    strcmp(roots[i].qdisc.kind, "noqueue")) {
			*qdisc = roots[i].qdisc;
			err = 0;
		}
	}
	free(list.items);
	return err;
}
