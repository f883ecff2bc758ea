/* SPDX-License-Identifier: GPL-2.0-only */
/* Pairs of devices of our own, their qdiscs and features. */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if.h>
#include <linux/if_packet.h>

#include "kernel/netif.h"
#include "lib/tap.h"

static int run(const char *command)
{
	int status = system(command);

	if (status)
		tap_diag("%s: status %d", command, status);
	return status;
}

static int has_words(const char *command, const char *words)
{
	char text[4096];
	FILE *pipe = popen(command, "r");
	size_t length = pipe ? fread(text, 1, sizeof(text) - 1, pipe) : 0;

	if (pipe)
		pclose(pipe);
	text[length] = '\0';
	return strstr(text, words) != NULL;
}

static void test_pair_marks(void)
{
	static const char *const ends[] = { "fl7out", "fl7in" };
	char command[64], mtu[24];
	int i;

	snprintf(mtu, sizeof(mtu), "mtu %u ", NETIF_MTU_MAX);
	for (i = 0; i < 2; i++) {
		snprintf(command, sizeof(command), "ip -d link show %s",
			 ends[i]);
		tap_ok(has_words(command, mtu), "%s: MTU", ends[i]);
		tap_ok(has_words(command, "NOARP") &&
			       !has_words(command, "MULTICAST"),
		       "%s: flags", ends[i]);
		tap_ok(has_words(command, "alias faultline"), "%s: alias",
		       ends[i]);
		tap_ok(has_words(command, "numtxqueues 1 ") &&
			       has_words(command, "numrxqueues 1 "),
		       "%s: queues", ends[i]);
		snprintf(command, sizeof(command), "ip addr show %s", ends[i]);
		tap_ok(!has_words(command, "inet"), "%s: no address", ends[i]);
	}
	tap_ok(!has_words("tc qdisc show dev fl7in", "qdisc ") ||
		       has_words("tc qdisc show dev fl7in", "noqueue"),
	       "fl7in: no qdisc");
}

static void test_pair(void)
{
	struct netif_link out, in;

	tap_ok(netif_helper_delete("fl7out") == -ENODEV, "no pair to delete");
	tap_ok(!netif_pair_add("fl7out", "fl7in"), "make a pair");
	tap_ok(netif_pair_add("fl7out", "fl7x") == -EEXIST, "not twice");
	tap_ok(netif_pair_add("fl7x", "fl7in") == -EEXIST, "nor its other end");
	tap_ok(!netif_helper_find("fl7out"), "it is down");
	netif_link_get("fl7out", &out);
	netif_link_get("fl7in", &in);
	tap_ok(!netif_link_up(out.ifindex) && !netif_link_up(in.ifindex),
	       "set up");
	tap_is_u64(netif_helper_find("fl7out"), out.ifindex, "found");
	tap_is_u64(netif_helper_find("fl7in"), in.ifindex, "its peer, too");
	tap_ok(!netif_helper_find("lo"), "what is not ours is not found");
	test_pair_marks();
	tap_ok(!netif_helper_delete("fl7in"), "delete by either end");
	tap_ok(netif_helper_delete("fl7out") == -ENODEV, "both are gone");
}

/* Whose it is decides, not how it is called. */
static void test_pair_foreign(void)
{
	run("ip link add fl7out type veth peer name fl7in");
	tap_ok(netif_helper_delete("fl7out") == -EEXIST,
	       "a foreign pair stays");
	run("ip link set fl7out group 1024023");
	tap_ok(NETIF_GROUP == 1024023 && !netif_helper_delete("fl7out"),
	       "one that a killed command left goes");
	run("ip link add fl7out group 1024023 type veth peer name fl7in && "
	    "ip link set fl7out alias mine");
	tap_ok(netif_helper_delete("fl7out") == -EEXIST,
	       "one of another alias stays");
	run("ip link delete fl7out");
	run("ip link add fl7out group 1024023 type ifb");
	tap_ok(netif_helper_delete("fl7out") == -EEXIST,
	       "one of another kind stays");
	run("ip link delete fl7out");
}

/* Frames of nobody's protocol, to the peer. */
static void send_frames(unsigned ifindex, int count)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)ifindex,
		.sll_protocol = htons(0x88b5),
	};
	char frame[64] = { 0 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	frame[12] = (char)0x88;
	frame[13] = (char)0xb5;
	while (count--)
		(void)!sendto(fd, frame, sizeof(frame), 0,
			      (struct sockaddr *)&to, sizeof(to));
	close(fd);
}

static bool is_running(const char *name)
{
	struct netif_link link = { 0 };

	for (int i = 0; i < 1000 && !(link.flags & IFF_RUNNING); i++) {
		usleep(1000);
		netif_link_get(name, &link);
	}
	return link.flags & IFF_RUNNING;
}

/* What is sent to it leaves by its base; it goes with that. */
static void test_macvlan(void)
{
	const char *show = "ip -d link show fl7out";
	struct netif_link base, other, upon;
	struct netif_stats stats;
	int err;

	netif_pair_add("fl7outb", "fl7inb");
	err = netif_macvlan_add("fl7out", "fl7outb");
	if (err == -EOPNOTSUPP) {
		tap_skip("this kernel has no macvlan");
		netif_helper_delete("fl7outb");
		return;
	}
	tap_ok(!err, "make a macvlan");
	tap_ok(netif_macvlan_add("fl7out", "fl7outb") == -EEXIST, "not twice");
	tap_ok(netif_macvlan_add("fl7x", "fl7y") == -ENODEV,
	       "not upon nothing");
	tap_ok(has_words(show, "mtu 65535 ") && has_words(show, "mode private"),
	       "its MTU and mode");
	tap_ok(has_words(show, "NOARP") && !has_words(show, "MULTICAST") &&
		       has_words(show, "alias faultline"),
	       "its marks");
	netif_link_get("fl7outb", &base);
	netif_link_get("fl7inb", &other);
	netif_link_get("fl7out", &upon);
	netif_link_up(base.ifindex);
	netif_link_up(other.ifindex);
	netif_link_up(upon.ifindex);
	tap_is_u64(netif_helper_find("fl7out"), upon.ifindex, "found");
	tap_ok(is_running("fl7out"), "it runs");
	send_frames(upon.ifindex, 3);
	tap_ok(!netif_stats_get(upon.ifindex, &stats) && stats.tx_packets == 3,
	       "it sends");
	tap_ok(!netif_helper_delete("fl7inb"), "delete the pair below");
	tap_ok(netif_helper_delete("fl7out") == -ENODEV, "it goes with that");
}

static void test_fq(unsigned ifindex)
{
	const struct netif_fq fq = {
		.limit = 100000,
		.horizon_us = ~0u,
		.buckets_log = 12,
		.orphan_mask = 0x1fffff,
		.timer_slack_ns = 1000,
	};
	const char *show = "tc -d qdisc show dev fl7out";
	struct netif_qdisc qdisc;
	int err = netif_fq_set(ifindex, &fq);

	if (err == -ENOENT) {
		tap_skip("this kernel has no sch_fq");
		return;
	}
	tap_ok(!err, "fq: %s", netif_extack());
	tap_ok(has_words(show, "limit 100000p flow_limit 100000p"),
	       "fq: limits");
	tap_ok(has_words(show, "buckets 4096 orphan_mask 2097151"),
	       "fq: buckets and orphans");
	tap_ok(has_words(show, "timer_slack 1us"), "fq: timer slack");
	tap_ok(has_words(show, "nopacing"), "fq: no pacing");
	tap_ok(!netif_qdisc_get(ifindex, &qdisc), "fq: it is there");
	tap_is_str(qdisc.kind, "fq", "fq: its kind");
	tap_is_u64(qdisc.waiting, 0, "fq: nothing waits in it");
}

static void test_statistics(unsigned out, unsigned in)
{
	struct netif_stats sent, received;

	netif_stats_get(out, &sent);
	tap_ok(!sent.tx_packets, "nobody has sent anything by itself");
	send_frames(out, 7);
	usleep(100000);
	tap_ok(!netif_stats_get(out, &sent) && !netif_stats_get(in, &received),
	       "statistics");
	tap_is_u64(sent.tx_packets, 7, "sent");
	tap_is_u64(received.rx_packets, 7, "received");
	tap_is_u64(sent.tx_dropped, 0, "none dropped");
	tap_ok(netif_stats_get(4242, &sent) == -ENODEV, "no such device");
}

/* ---- taps --------------------------------------------------------------- */

static void test_tap_whole(void)
{
	static const char *const on[] = {
		"tx-checksum-ip-generic", "tx-tcp-segmentation",
		"tx-tcp6-segmentation",	  "tx-tcp-ecn-segmentation",
		"tx-vlan-hw-insert",	  "tx-vlan-stag-hw-insert",
	};
	static const char *const off[] = {
		"tx-checksum-sctp",
		"tx-gre-segmentation",
		"tx-gso-list",
		"tx-tcp-mangleid-segmentation",
	};

	for (size_t i = 0; i < sizeof(on) / sizeof(*on); i++)
		tap_ok(netif_feature_get("fl7out", on[i]) == NETIF_FEATURE_ON,
		       "%s is left to the reader", on[i]);
	for (size_t i = 0; i < sizeof(off) / sizeof(*off); i++)
		tap_ok(netif_feature_get("fl7out", off[i]) <= NETIF_FEATURE_OFF,
		       "%s is not", off[i]);
}

/* What is sent to it can be read, with a virtio_net_hdr in front. */
static void test_tap_reads(unsigned ifindex, int fd)
{
	char frame[128];

	tap_ok(read(fd, frame, sizeof(frame)) < 0 && errno == EAGAIN,
	       "nothing has come by itself");
	send_frames(ifindex, 2);
	tap_is_u64((__u64)read(fd, frame, sizeof(frame)), 10 + 64,
		   "a frame has come");
	tap_ok(frame[10 + 12] == (char)0x88 && frame[10 + 13] == (char)0xb5,
	       "it is the one");
	tap_is_u64((__u64)read(fd, frame, sizeof(frame)), 10 + 64, "another");
	tap_is_u64((__u64)write(fd, frame, 10 + 64), 10 + 64, "one is sent");
}

static void test_tap(void)
{
	struct netif_stats stats;
	struct netif_link link;
	int fd;

	tap_ok(netif_tap_open("fl7out") == -ENODEV, "no tap to open");
	tap_ok(!netif_tap_add("fl7out", 777), "make a tap");
	tap_ok(netif_tap_add("fl7out", 777) == -EEXIST, "not twice");
	tap_ok(has_words("ip -d link show fl7out",
			 "tun type tap pi off vnet_hdr on persist on"),
	       "it stays, and frames have a header");
	tap_ok(has_words("ip link show fl7out", "qlen 777"), "its queue");
	tap_ok(has_words("ip -d link show fl7out", "alias faultline") &&
		       has_words("ip link show fl7out", "group 1024023"),
	       "whose it is");
	netif_link_get("fl7out", &link);
	tap_ok(link.ifindex >> 30, "its index is drawn");
	tap_ok(!netif_noqueue_set(link.ifindex) &&
		       has_words("tc qdisc show dev fl7out", "noqueue"),
	       "packets go straight to it");
	tap_ok(!netif_link_up(link.ifindex), "set up");
	fd = netif_tap_open("fl7out");
	tap_ok(fd >= 0, "open it");
	tap_ok(netif_tap_open("fl7out") == -EBUSY, "for one only");
	tap_ok(is_running("fl7out"), "it runs");
	test_tap_whole();
	test_tap_reads(link.ifindex, fd);
	tap_ok(!netif_stats_get(link.ifindex, &stats) &&
		       stats.tx_packets == 2 && stats.rx_packets == 1,
	       "as its statistics say");
	close(fd);
	tap_is_u64(netif_helper_find("fl7out"), link.ifindex,
		   "it stays when it is closed");
	tap_ok(!netif_helper_delete("fl7out"), "delete it");
}

static void test_pair_parts(void)
{
	struct netif_link out, in;

	netif_pair_add("fl7out", "fl7in");
	netif_link_get("fl7out", &out);
	netif_link_get("fl7in", &in);
	netif_link_up(out.ifindex);
	netif_link_up(in.ifindex);
	test_statistics(out.ifindex, in.ifindex);
	test_fq(out.ifindex);
	netif_helper_delete("fl7out");
}

int main(void)
{
	if (geteuid())
		return tap_skip_all("needs root");
	if (unshare(CLONE_NEWNET))
		return tap_skip_all("cannot make a network namespace");
	test_pair();
	test_pair_foreign();
	test_pair_parts();
	test_macvlan();
	test_tap();
	return tap_done();
}
