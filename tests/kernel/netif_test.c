/* SPDX-License-Identifier: GPL-2.0-only */
/* The network-interface room, on devices of a namespace of its own. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>

#include "kernel/netif.h"
#include "lib/tap.h"

#define OUR_HANDLE 0xfa17u

static int run(const char *command)
{
	int status = system(command);

	if (status)
		tap_diag("%s: status %d", command, status);
	return status;
}

static int load(enum bpf_prog_type type, __s32 verdict)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, "netif_test", "GPL", code, 2, NULL);
}

static __u32 prog_id(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	bpf_obj_get_info_by_fd(fd, &info, &size);
	return info.id;
}

static void test_links(const struct netif_link *a)
{
	struct netif_link link, *list;
	size_t count, i, found = 0;

	tap_is_str(a->name, "fa", "name");
	tap_is_str(a->kind, "veth", "kind");
	tap_is_str(a->driver, "veth", "driver");
	tap_is_u64(a->arphrd_type, ARPHRD_ETHER, "link type");
	tap_is_u64(a->mtu, 1400, "MTU");
	tap_ok(a->flags & IFF_UP, "flags");
	tap_is_u64(a->rx_queues, 2, "receive queues");
	tap_is_u64(a->tx_queues, 3, "transmit queues");
	tap_is_u64(a->master_ifindex, 0, "no master");
	tap_ok(netif_link_layer(a) == 2, "Ethernet is layer 2");

	tap_ok(!netif_link_get("a-name-longer-than-15-bytes", &link) &&
		       link.ifindex == a->ifindex,
	       "long alternative name");
	tap_ok(!netif_link_get("short", &link) && link.ifindex == a->ifindex,
	       "short alternative name");
	tap_ok(!netif_link_get_index(a->ifindex, &link) &&
		       !strcmp(link.name, "fa"),
	       "by index");
	tap_ok(netif_link_get("nosuch", &link) == -ENODEV, "no such name");
	tap_ok(netif_link_get("", &link) == -ENODEV, "empty name");
	tap_ok(netif_link_get_index(4242, &link) == -ENODEV, "no such index");

	tap_ok(!netif_links(&list, &count), "list");
	for (i = 0; i < count; i++) {
		found += !strcmp(list[i].name, "fa") && list[i].mtu == 1400 &&
			 !strcmp(list[i].driver, "veth");
		found += !strcmp(list[i].name, "fb");
		found += !strcmp(list[i].name, "lo");
	}
	tap_is_u64(found, 3, "fa, fb and lo are in it");
	free(list);
}

static void test_layer3(void)
{
	struct netif_link link;

	if (run("ip tuntap add ft mode tun")) {
		tap_skip("no tun driver");
		return;
	}
	tap_ok(!netif_link_get("ft", &link) && netif_link_layer(&link) == 3,
	       "tun is layer 3");
	tap_is_str(link.kind, "tun", "kind of tun");
	run("ip link delete ft");
}

static void test_xdp_ids(const struct netif_link *a)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts,
		    .flags = 1u << 1 /* XDP_FLAGS_SKB_MODE */);
	struct netif_link link;
	int fd = load(BPF_PROG_TYPE_XDP, XDP_PASS);
	__u32 id = prog_id(fd);
	int native, generic;

	native = bpf_link_create(fd, (int)a->ifindex, BPF_XDP, NULL);
	netif_link_get_index(a->ifindex, &link);
	tap_ok(native >= 0 && id, "native program attached");
	tap_is_u64(link.xdp_prog_id[NETIF_XDP_DRIVER], id, "its id");
	tap_is_u64(link.xdp_prog_id[NETIF_XDP_GENERIC], 0, "no generic one");
	close(native);

	generic = bpf_link_create(fd, (int)a->ifindex, BPF_XDP, &opts);
	netif_link_get_index(a->ifindex, &link);
	tap_is_u64(link.xdp_prog_id[NETIF_XDP_GENERIC], id, "generic id");
	tap_is_u64(link.xdp_prog_id[NETIF_XDP_DRIVER], 0, "no native one");
	close(generic);
	close(fd);
}

static void test_clsact(unsigned ifindex)
{
	tap_ok(netif_clsact_exists(ifindex) == 0, "no clsact at first");
	tap_ok(netif_clsact_delete(ifindex) == -ENOENT, "none to delete");
	tap_ok(netif_clsact_add(ifindex) == 0, "add");
	tap_is_str(netif_extack(), "", "nothing to complain");
	tap_ok(netif_clsact_exists(ifindex) == 1, "it exists");
	tap_ok(netif_clsact_add(ifindex) == -EEXIST, "not twice");
	tap_ok(*netif_extack(), "the kernel says: %s", netif_extack());
	tap_ok(netif_clsact_delete(ifindex) == 0, "delete");
	tap_ok(netif_clsact_exists(ifindex) == 0, "gone");
	tap_ok(netif_clsact_add(4242) == -ENODEV, "no such device");
}

static void test_ingress(unsigned ifindex, int fd)
{
	struct netif_filter *list;
	size_t count;

	run("tc qdisc add dev fa ingress");
	tap_ok(netif_clsact_exists(ifindex) == -EEXIST, "ingress qdisc");
	tap_ok(netif_clsact_add(ifindex) == -EEXIST, "it is in the way");
	tap_ok(netif_clsact_delete(ifindex) == -ENOENT, "it is not ours");
	tap_ok(netif_clsact_exists(ifindex) == -EEXIST, "and still there");
	tap_ok(netif_filter_add(ifindex, FL_OUT, 1, 1, fd, "x") == -EOPNOTSUPP,
	       "it has no egress");
	tap_ok(netif_filter_add(ifindex, FL_IN, 1, 1, fd, "x") == 0,
	       "but ingress");
	tap_ok(!netif_filters(ifindex, FL_OUT, &list, &count) && !count,
	       "nothing on egress");
	free(list);
	tap_ok(!netif_filters(ifindex, FL_IN, &list, &count) && count == 1,
	       "one on ingress");
	free(list);
	run("tc qdisc delete dev fa ingress");
}

/* The filters of one side as "kind/priority/handle ...". */
static const char *describe(unsigned ifindex, __u32 side)
{
	static char text[512];
	struct netif_filter *list;
	size_t count, i, length = 0;

	text[0] = '\0';
	if (netif_filters(ifindex, side, &list, &count))
		return "error";
	for (i = 0; i < count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "%s%s/%u/%x", i ? " " : "",
					   list[i].kind, list[i].priority,
					   list[i].handle);
	free(list);
	return text;
}

static void test_filter_fields(unsigned ifindex, int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	struct netif_filter *list;
	size_t count;

	bpf_obj_get_info_by_fd(fd, &info, &size);
	if (!tap_ok(!netif_filters(ifindex, FL_OUT, &list, &count) &&
			    count == 1,
		    "one filter on egress"))
		return;
	tap_is_u64(list->parent_side, FL_OUT, "its side");
	tap_is_u64(list->chain, 0, "its chain");
	tap_is_u64(list->priority, 16, "its priority");
	tap_is_u64(list->handle, OUR_HANDLE, "its handle");
	tap_is_u64(list->protocol, ETH_P_ALL, "its protocol");
	tap_is_str(list->kind, "bpf", "its kind");
	tap_is_str(list->name, "faultline", "its name");
	tap_is_u64(list->prog_id, info.id, "its program");
	tap_ok(!memcmp(list->tag, info.tag, sizeof(info.tag)), "its tag");
	free(list);
}

static void test_filters(unsigned ifindex, int fd)
{
	const char *foreign = "bpf/16/1 u32/20/80000800";

	tap_ok(netif_filter_delete(ifindex, FL_IN, 16, OUR_HANDLE) == -ENOENT,
	       "nothing to delete without clsact");
	tap_is_str(describe(ifindex, FL_IN), "", "no filters without clsact");
	netif_clsact_add(ifindex);
	tap_ok(!netif_filter_add(ifindex, FL_OUT, 16, OUR_HANDLE, fd,
				 "faultline"),
	       "add to egress");
	test_filter_fields(ifindex, fd);
	tap_is_str(describe(ifindex, FL_IN), "", "none on ingress");
	tap_ok(netif_clsact_delete(ifindex) == -ENOTEMPTY, "clsact is in use");

	netif_filter_add(ifindex, FL_IN, 16, 1, fd, "foreign");
	run("tc filter add dev fa ingress prio 20 protocol ip "
	    "u32 match u32 0 0 flowid 1:1");
	tap_is_str(describe(ifindex, FL_IN), foreign, "foreign filters");
	tap_ok(!netif_filter_add(ifindex, FL_IN, 16, OUR_HANDLE, fd, "us"),
	       "ours at the priority of a foreign one");
	tap_ok(netif_filter_add(ifindex, FL_IN, 16, OUR_HANDLE, fd, "us") ==
		       -EEXIST,
	       "not twice");
	tap_ok(!netif_filter_delete(ifindex, FL_IN, 16, OUR_HANDLE),
	       "delete ours");
	tap_is_str(describe(ifindex, FL_IN), foreign, "the foreign ones stay");
	tap_ok(netif_filter_delete(ifindex, FL_IN, 16, OUR_HANDLE) == -ENOENT,
	       "not twice");
	tap_ok(netif_filter_delete(ifindex, FL_IN, 20, 0x80000800) == -ENOENT,
	       "a filter of another kind is not ours");
	tap_ok(netif_filter_delete(ifindex, FL_IN, 16, 0) == -EINVAL &&
		       netif_filter_delete(ifindex, FL_IN, 0, 1) == -EINVAL,
	       "never a whole priority, never all of them");
	tap_is_str(describe(ifindex, FL_IN), foreign, "the foreign ones stay");

	tap_ok(!netif_filter_delete(ifindex, FL_OUT, 16, OUR_HANDLE),
	       "delete from egress");
	tap_ok(netif_clsact_delete(ifindex) == -ENOTEMPTY,
	       "clsact holds foreign filters");
	run("tc qdisc delete dev fa clsact");
}

static __u32 choose(unsigned ifindex, int *behind)
{
	__u32 priority = 0;
	int err = netif_filter_priority(ifindex, FL_IN, &priority, behind);

	tap_ok(!err, "choose a priority");
	return priority;
}

static void test_priority(unsigned ifindex, int fd)
{
	static const __u32 early[] = { 1, 2, 3, 5 };
	int behind;
	size_t i;

	tap_is_u64(choose(ifindex, &behind), 16, "without clsact");
	netif_clsact_add(ifindex);
	tap_is_u64(choose(ifindex, &behind), 16, "without filters");
	netif_filter_add(ifindex, FL_IN, 40000, 1, fd, "late");
	tap_is_u64(choose(ifindex, &behind), 16, "before a late one");
	netif_filter_add(ifindex, FL_IN, 16, 1, fd, "same");
	tap_is_u64(choose(ifindex, &behind), 15, "before one at 16");
	run("tc filter add dev fa ingress prio 7 protocol ip "
	    "u32 match u32 0 0 flowid 1:1");
	tap_is_u64(choose(ifindex, &behind), 6, "before one at 7");
	tap_ok(!behind, "not behind");
	for (i = 0; i < sizeof(early) / sizeof(early[0]); i++)
		netif_filter_add(ifindex, FL_IN, early[i], 1, fd, "early");
	tap_is_u64(choose(ifindex, &behind), 4, "first gap behind 1");
	tap_ok(behind, "behind");
	run("tc qdisc delete dev fa clsact");
}

static void test_tcx_order(unsigned ifindex, int first)
{
	__u32 ids[4] = { 0 };
	LIBBPF_OPTS(bpf_prog_query_opts, opts, .prog_ids = ids, .prog_cnt = 4);

	bpf_prog_query_opts((int)ifindex,
			    (enum bpf_attach_type)46 /* BPF_TCX_INGRESS */,
			    &opts);
	tap_is_u64(ids[0], prog_id(first), "the last to attach runs first");
}

static void test_tcx(unsigned ifindex, int fd)
{
	int other = load(BPF_PROG_TYPE_SCHED_CLS, TC_ACT_OK);
	int link, second;
	int count = netif_tcx_count(ifindex, FL_IN);

	if (count == -EOPNOTSUPP) {
		tap_ok(netif_tcx_attach(ifindex, FL_IN, fd) == -EOPNOTSUPP,
		       "no tcx to attach to");
		tap_skip("this kernel has no tcx");
		return;
	}
	tap_ok(count == 0, "no tcx programs at first");
	link = netif_tcx_attach(ifindex, FL_IN, fd);
	second = netif_tcx_attach(ifindex, FL_IN, other);
	tap_ok(link >= 0 && second >= 0, "attach twice");
	tap_ok(netif_tcx_count(ifindex, FL_IN) == 2, "two of them");
	tap_ok(netif_tcx_count(ifindex, FL_OUT) == 0, "none on egress");
	test_tcx_order(ifindex, other);
	close(other);
	close(second);
	close(link);
	tap_ok(netif_tcx_count(ifindex, FL_IN) == 0, "gone with the link");
	tap_ok(netif_tcx_count(4242, FL_IN) == -ENODEV, "no such device");
}

static void test_offloads(void)
{
	__u64 before[4], after[4], cleared[4];
	const __u64 none[4] = { 0 };

	tap_ok(!netif_offloads_get("fa", before), "get");
	tap_ok(memcmp(before, none, sizeof(none)), "veth has some");
	tap_ok(netif_feature_get("fa", "tx-tcp-segmentation") ==
		       NETIF_FEATURE_ON,
	       "a feature");
	tap_ok(netif_feature_get("fa", "nosuch") == -ENOENT, "no such feature");
	tap_ok(netif_feature_get("lo", "loopback") == NETIF_FEATURE_ON_FIXED,
	       "a fixed feature");
	tap_ok(!netif_offloads_clear("fa", cleared), "clear");
	tap_ok(!netif_offloads_get("fa", after) &&
		       !memcmp(after, none, sizeof(none)),
	       "all are off");
	tap_ok(!memcmp(cleared, before, sizeof(before)), "what was cleared");
	tap_ok(!netif_offloads_clear("fa", after) &&
		       !memcmp(after, none, sizeof(none)),
	       "nothing left to clear");
	tap_ok(!netif_offloads_set("fa", cleared), "set again");
	tap_ok(!netif_offloads_get("fa", after) &&
		       !memcmp(after, before, sizeof(before)),
	       "as before");
	tap_ok(netif_offloads_get("nosuch", after) == -ENODEV,
	       "no such device");
}

static void test_channels(void)
{
	struct netif_channels channels;

	tap_ok(!netif_channels_get("fa", &channels), "channels");
	tap_is_u64(channels.max_rx, 2, "receive queues");
	tap_is_u64(channels.max_tx, 3, "transmit queues");
	tap_ok(netif_channels_get("lo", &channels) == -EOPNOTSUPP,
	       "lo does not say");
}

static void test_gso(const struct netif_link *a)
{
	struct netif_link link;

	tap_ok(!netif_gso_max_segs_set(a->ifindex, 1), "limit segments");
	netif_link_get_index(a->ifindex, &link);
	tap_is_u64(link.gso_max_segs, 1, "limited");
	tap_ok(!netif_gso_max_segs_set(a->ifindex, a->gso_max_segs), "restore");
	netif_link_get_index(a->ifindex, &link);
	tap_is_u64(link.gso_max_segs, a->gso_max_segs, "restored");
}

int main(void)
{
	__u64 outside = 0, inside = 0;
	struct netif_link a;
	int fd;

	if (geteuid())
		return tap_skip_all("needs root");
	tap_ok(!netif_netns_cookie(&outside) && outside, "cookie outside");
	if (unshare(CLONE_NEWNET))
		return tap_skip_all("cannot make a network namespace");
	tap_ok(!netif_netns_cookie(&inside) && inside, "cookie inside");
	tap_ok(inside != outside, "cookies differ");

	if (run("ip link add fa mtu 1400 numrxqueues 2 numtxqueues 3 "
		"type veth peer name fb && ip link set fa up && "
		"ip link property add dev fa altname short altname "
		"a-name-longer-than-15-bytes") ||
	    !tap_ok(!netif_link_get("fa", &a) && !netif_link_driver(&a),
		    "get a veth"))
		return tap_done();
	fd = load(BPF_PROG_TYPE_SCHED_CLS, TC_ACT_UNSPEC);
	tap_ok(fd >= 0, "load a program");
	test_links(&a);
	test_layer3();
	test_xdp_ids(&a);
	test_clsact(a.ifindex);
	test_ingress(a.ifindex, fd);
	test_filters(a.ifindex, fd);
	test_priority(a.ifindex, fd);
	test_tcx(a.ifindex, fd);
	test_offloads();
	test_channels();
	test_gso(&a);
	return tap_done();
}
