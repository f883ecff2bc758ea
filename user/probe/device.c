/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device can do for us. */
#include "probe.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_arp.h>

#include "bridge.h"
#include "kernel/netif.h"
#include "kernel/obj.h"
#include "report.h"
#include "xdp.h"

static void probe_link(struct probe_report *report,
		       const struct netif_link *link)
{
	struct netif_link master;

	probe_add(report, "device", PROBE_OK, "%s, ifindex %u", link->name,
		  link->ifindex);
	if (link->flags & IFF_UP) {
		probe_add(report, "state", PROBE_OK, "up");
	} else {
		probe_add(report, "state", PROBE_WARN, "down");
		probe_fix(report, "ip link set dev %s up", link->name);
	}
	probe_add(report, "driver", PROBE_OK, "%s, %s",
		  *link->driver ? link->driver : "none",
		  *link->kind			       ? link->kind :
		  link->arphrd_type == ARPHRD_LOOPBACK ? "loopback" :
							 "hardware");
	if (link->master_ifindex &&
	    !netif_link_get_index(link->master_ifindex, &master))
		probe_add(report, "master", PROBE_OK, "port of %s (%s)",
			  master.name, master.kind);
}

static void probe_layer(struct probe_report *report,
			const struct netif_link *link)
{
	switch (netif_link_layer(link)) {
	case 2:
		probe_add(report, "link type", PROBE_OK, "Ethernet");
		break;
	case 3:
		probe_add(report, "link type", PROBE_OK,
			  "layer 3, no link header (type %u)",
			  link->arphrd_type);
		break;
	default:
		probe_add(report, "link type", PROBE_BAD,
			  "type %u, whose frames faultline cannot parse",
			  link->arphrd_type);
		probe_fix(report,
			  "use an Ethernet or layer 3 device above "
			  "or below %s",
			  link->name);
	}
}

/* What containers say to each other, on a bridge of docker's. */
static void probe_bridge(struct probe_report *report,
			 const struct netif_link *link)
{
	char ports[80];

	if (!probe_passes_by(link, ports, sizeof(ports)))
		return;
	probe_add(report, "bridge", PROBE_WARN,
		  "traffic between its ports passes by: %s", ports);
	probe_fix(report, "attach to a port: what it sends is in there, what "
			  "it gets is out");
}

static void probe_mtu(struct probe_report *report,
		      const struct netif_link *link)
{
	if (link->mtu <= PROBE_MTU_LINEAR || probe_has_generic_only(link) ||
	    probe_has_frags(link)) {
		probe_add(report, "mtu", PROBE_OK, "%u", link->mtu);
		return;
	}
	probe_add(report, "mtu", PROBE_WARN,
		  "%u: native XDP needs xdp.frags in the driver", link->mtu);
	probe_fix(report,
		  "if attach is refused: ip link set dev %s mtu %u, "
		  "or faultline attach %s --mode tc",
		  link->name, PROBE_MTU_LINEAR, link->name);
}

/* ---- offloads and queues ------------------------------------------------ */

static void probe_merging(struct probe_report *report,
			  const struct netif_link *link, const char *what,
			  const char *feature)
{
	int state = netif_feature_get(link->name, feature);

	if (state < 0)
		return;
	if (state == NETIF_FEATURE_OFF) {
		probe_add(report, what, PROBE_OK, "off");
	} else if (state == NETIF_FEATURE_ON) {
		probe_add(report, what, PROBE_WARN,
			  "on: merges packets before any hook, and some "
			  "drivers refuse native XDP");
		probe_fix(report, "ethtool -K %s %s off", link->name, feature);
	} else {
		probe_add(report, what, PROBE_WARN,
			  "on and fixed: merges packets before any hook");
		probe_fix(report, "turn it off in the host or firmware; "
				  "ethtool cannot");
	}
}

/* attach --exact leaves a limit of one packet behind. */
static void probe_aggregates(struct probe_report *report,
			     const struct netif_link *link)
{
	__u64 active[NETIF_FEATURE_WORDS], any = 0;

	if (netif_offloads_get(link->name, active))
		return;
	for (int i = 0; i < NETIF_FEATURE_WORDS; i++)
		any |= active[i];
	if (any && link->gso_max_segs != 1)
		probe_add(report, "aggregates", PROBE_OK,
			  "at tc a buffer may stand for many packets; attach "
			  "--exact makes it one");
	else
		probe_add(report, "aggregates", PROBE_OK,
			  "off, but for who builds them elsewhere: "
			  "UDP_SEGMENT, virtual machines, other devices");
}

static void probe_vlan(struct probe_report *report,
		       const struct netif_link *link)
{
	int state = netif_feature_get(link->name, "rx-vlan-hw-parse");

	if (state < 0 || !probe_has_native(link))
		return;
	if (state == NETIF_FEATURE_OFF) {
		probe_add(report, "rx vlan offload", PROBE_OK, "off");
		return;
	}
	probe_add(report, "rx vlan offload", PROBE_WARN,
		  "on: XDP does not see VLAN tags");
	if (!strcmp(link->kind, "veth"))
		probe_fix(report, "only for VLAN traffic, where its peer is: "
				  "ethtool -K PEER txvlan off");
	else if (state == NETIF_FEATURE_ON)
		probe_fix(report,
			  "only for VLAN traffic: "
			  "ethtool -K %s rxvlan off",
			  link->name);
	else
		probe_fix(report,
			  "only for VLAN traffic: "
			  "faultline attach %s --mode tc",
			  link->name);
}

static void probe_queues(struct probe_report *report,
			 const struct netif_link *link)
{
	struct netif_channels now;
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	if (netif_channels_get(link->name, &now) || !now.max_combined)
		return;
	if (!strcmp(link->driver, "ena") &&
	    2 * now.combined > now.max_combined) {
		probe_add(report, "queues", PROBE_WARN,
			  "%u of %u in use: native XDP needs as many again",
			  now.combined, now.max_combined);
		if (now.max_combined > 1)
			probe_fix(report, "ethtool -L %s combined %u",
				  link->name, now.max_combined / 2);
		else
			probe_fix(report, "faultline attach %s --mode generic",
				  link->name);
	} else if (!strcmp(link->driver, "virtio_net") &&
		   now.combined + cpus > now.max_combined) {
		probe_add(report, "queues", PROBE_OK,
			  "%u of %u in use, too few for one per CPU: XDP "
			  "redirects share them, slower",
			  now.combined, now.max_combined);
	} else {
		probe_add(report, "queues", PROBE_OK, "%u of %u in use",
			  now.combined, now.max_combined);
	}
}

/* ---- tc ----------------------------------------------------------------- */

/* @first: one of them runs before any filter that could be added. */
static size_t count_foreign(const struct netif_link *link, __u32 side,
			    int *first)
{
	struct netif_filter *list;
	size_t count, i, foreign = 0;

	*first = 0;
	if (netif_filters(link->ifindex, side, &list, &count))
		return 0;
	for (i = 0; i < count; i++) {
		if (probe_is_ours(list[i].name))
			continue;
		foreign++;
		*first |= list[i].chain == 0 && list[i].priority == 1;
	}
	free(list);
	return foreign;
}

static void probe_filters(struct probe_report *report,
			  const struct netif_link *link, __u32 side,
			  const char *what, const char *direction)
{
	int first;
	size_t foreign = count_foreign(link, side, &first);

	if (!foreign) {
		probe_add(report, what, PROBE_OK, "no others");
		return;
	}
	if (!first) {
		probe_add(report, what, PROBE_OK,
			  "%zu others: faultline runs before them", foreign);
		return;
	}
	probe_add(report, what, PROBE_WARN,
		  "%zu others, one of which runs before faultline (priority 1)",
		  foreign);
	probe_fix(report,
		  "move it to a later priority; to see it: "
		  "tc filter show dev %s %s",
		  link->name, direction);
}

static void probe_clsact(struct probe_report *report,
			 const struct netif_link *link)
{
	int exists = netif_clsact_exists(link->ifindex);
	bool tcx = netif_tcx_count(link->ifindex, FL_OUT) >= 0;

	if (exists == -EEXIST && tcx) {
		probe_add(report, "clsact qdisc", PROBE_OK,
			  "an ingress qdisc takes its place: attach uses tcx");
	} else if (exists == -EEXIST) {
		probe_add(report, "clsact qdisc", PROBE_BAD,
			  "an ingress qdisc takes its place: no egress");
		probe_fix(report,
			  "tc qdisc delete dev %s ingress (deletes "
			  "its filters too)",
			  link->name);
	} else if (exists < 0) {
		probe_add(report, "clsact qdisc", PROBE_WARN, "unknown: %s",
			  strerror(-exists));
		probe_fix(report, "tc qdisc show dev %s", link->name);
	} else if (exists || tcx) {
		probe_add(report, "clsact qdisc", PROBE_OK,
			  exists ? "present" : "none: attach uses tcx");
	} else {
		probe_add(report, "clsact qdisc", PROBE_WARN,
			  "none: attach makes one, which empties the "
			  "device's transmit queues");
		probe_fix(report,
			  "tc qdisc add dev %s clsact (empties them "
			  "too, but only once)",
			  link->name);
	}
	probe_filters(report, link, FL_IN, "tc filters in", "ingress");
	probe_filters(report, link, FL_OUT, "tc filters out", "egress");
}

/* How many tcx programs of others there are, or -errno. */
static int foreign_tcx(const struct netif_link *link, enum fl_side side)
{
	__u32 ids[NETIF_TCX_MAX];
	int count = netif_tcx_list(link->ifindex, side, ids, NETIF_TCX_MAX);
	int foreign = count;
	char name[16];

	for (int i = 0; i < count && i < NETIF_TCX_MAX; i++) {
		obj_prog_name(ids[i], name, sizeof(name));
		foreign -= probe_is_ours(name);
	}
	return foreign;
}

static void probe_tcx(struct probe_report *report,
		      const struct netif_link *link)
{
	int in = foreign_tcx(link, FL_IN);
	int out = foreign_tcx(link, FL_OUT);

	if (in < 0 || out < 0)
		return;
	if (!in && !out)
		probe_add(report, "tcx programs", PROBE_OK, "no others");
	else
		probe_add(report, "tcx programs", PROBE_OK,
			  "%d in, %d out: faultline runs before them", in, out);
}

int probe_device(const char *name, struct probe_result *list, size_t max)
{
	struct probe_report report = { .list = list, .max = max };
	struct netif_link link;
	__u64 cookie;
	int err = netif_link_get(name, &link);

	if (!err)
		err = netif_link_driver(&link);
	if (err) {
		probe_add(&report, "device", PROBE_BAD, "%.64s: %s", name,
			  strerror(-err));
		probe_fix(&report, "ip link (is it in another network "
				   "namespace? nsenter --net=...)");
		return (int)report.count;
	}
	probe_link(&report, &link);
	probe_layer(&report, &link);
	probe_bridge(&report, &link);
	probe_mtu(&report, &link);
	probe_xdp(&report, &link);
	probe_merging(&report, &link, "lro", "rx-lro");
	probe_merging(&report, &link, "gro_hw", "rx-gro-hw");
	probe_aggregates(&report, &link);
	probe_vlan(&report, &link);
	probe_queues(&report, &link);
	probe_clsact(&report, &link);
	probe_tcx(&report, &link);
	if (!netif_netns_cookie(&cookie))
		probe_add(&report, "netns", PROBE_OK, "cookie %llu",
			  (unsigned long long)cookie);
	return (int)report.count;
}
