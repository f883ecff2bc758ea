/* SPDX-License-Identifier: GPL-2.0-only */
/* Each obstacle is found, with its fix, and nothing is changed on the way. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "kernel/netif.h"
#include "probe/probe.h"
#include "lib/tap.h"

#define SNAPSHOT_SIZE 65536

static struct probe_result results[PROBE_MAX];

static int run(const char *command)
{
	int status = system(command);

	if (status)
		tap_diag("%s: status %d", command, status);
	return status;
}

static const struct probe_result *find(int count, const char *what)
{
	static const struct probe_result missing = { .what = "missing",
						     .state = PROBE_BAD };
	int i;

	for (i = 0; i < count; i++) {
		if (!strcmp(results[i].what, what))
			return &results[i];
	}
	return &missing;
}

static void is_found(const char *device, const char *what,
		     enum probe_state state, const char *fix)
{
	int count = probe_device(device, results, PROBE_MAX);
	const struct probe_result *result = find(count, what);

	if (!tap_ok(result->state == state && strstr(result->fix, fix) &&
			    !*fix == !*result->fix,
		    "%s: %s", device, what))
		tap_diag("state %d, found: %s, fix: %s", result->state,
			 result->found, result->fix);
}

static int attach_xdp(const char *device)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct netif_link link;
	int fd, attached;

	if (netif_link_get(device, &link))
		return -1;
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "stranger", "GPL", code, 2, NULL);
	attached = bpf_link_create(fd, (int)link.ifindex, BPF_XDP, NULL);
	close(fd);
	return attached;
}

static void snapshot(char *text)
{
	FILE *pipe = popen("ip -d address; tc qdisc; tc filter show dev fa "
			   "ingress; ethtool -k fa; ip -d link show fb",
			   "r");
	size_t length = 0;

	if (pipe) {
		length = fread(text, 1, SNAPSHOT_SIZE - 1, pipe);
		pclose(pipe);
	}
	text[length] = '\0';
}

static void test_devices(void)
{
	int link;

	is_found("nosuch", "device", PROBE_BAD, "ip link");
	is_found("fa", "device", PROBE_OK, "");
	is_found("fa", "state", PROBE_OK, "");
	is_found("fb", "state", PROBE_OK, "");
	is_found("fa", "mtu", PROBE_OK, "");
	is_found("fb", "mtu", PROBE_OK, "");
	is_found("fa", "native xdp", PROBE_OK, "");
	is_found("lo", "native xdp", PROBE_OK, "");
	is_found("fa", "rx vlan offload", PROBE_WARN, "txvlan off");
	is_found("fa", "clsact qdisc", PROBE_OK, "");
	is_found("fa", "tc filters in", PROBE_WARN, "tc filter show dev fa");
	is_found("fa", "tc filters out", PROBE_OK, "");
	if (netif_tcx_count(1, FL_OUT) < 0)
		is_found("fb", "clsact qdisc", PROBE_BAD,
			 "tc qdisc delete dev fb ingress");
	else
		is_found("fb", "clsact qdisc", PROBE_OK, "");
	is_found("fb", "netns", PROBE_OK, "");

	is_found("fb", "xdp program", PROBE_OK, "");
	run("ip link set fa mtu 1500"); /* or veth refuses native XDP */
	link = attach_xdp("fb");
	is_found("fb", "xdp program", PROBE_BAD,
		 "ip link set dev fb xdpdrv off");
	tap_ok(strstr(find(PROBE_MAX, "xdp program")->found, "stranger"),
	       "it is named");
	close(link);
	run("ip link set dev fb down");
	is_found("fb", "state", PROBE_WARN, "ip link set dev fb up");
}

static void test_host(void)
{
	int count, i, unfixed = 0;

	count = probe_host(results, PROBE_MAX);
	tap_ok(count > 10 && count < PROBE_MAX, "%d results", count);
	for (i = 0; i < count; i++) {
		int fixed = results[i].fix[0] != '\0';

		if (fixed == (results[i].state != PROBE_OK) &&
		    results[i].found[0])
			continue;
		unfixed++;
		tap_diag("%s: %s, fix: %s", results[i].what, results[i].found,
			 results[i].fix);
	}
	tap_is_u64((__u64)unfixed, 0, "each obstacle has a fix, no other");
	tap_is_u64(find(count, "capabilities")->state, PROBE_OK,
		   "root has what it takes");
	tap_is_u64(find(count, "xdp programs")->state, PROBE_OK, "XDP loads");
	tap_is_u64(find(count, "tc programs")->state, PROBE_OK, "tc loads");
	tap_is_u64(find(count, "clsact")->state, PROBE_OK, "clsact");
	tap_is_u64(find(count, "cls_bpf")->state, PROBE_OK, "cls_bpf");
	tap_ok(probe_host(results, 3) == 3, "no more than there is room for");
}

int main(void)
{
	static char before[SNAPSHOT_SIZE], after[SNAPSHOT_SIZE];

	if (geteuid())
		return tap_skip_all("needs root");
	if (unshare(CLONE_NEWNET))
		return tap_skip_all("cannot make a network namespace");
	if (run("ip link add fa mtu 9000 type veth peer name fb && "
		"ip link set fa addrgenmode none && "
		"ip link set fb addrgenmode none && "
		"ip link set fa up && ip link set fb up && "
		"ip link set fb mtu 1500 && tc qdisc add dev fa clsact && "
		"tc qdisc add dev fb ingress && "
		"tc filter add dev fa ingress prio 1 protocol ip "
		"u32 match u32 0 0 flowid 1:1"))
		return tap_skip_all("needs veth, clsact and u32");
	snapshot(before);
	probe_device("fa", results, PROBE_MAX);
	probe_device("fb", results, PROBE_MAX);
	test_host();
	snapshot(after);
	tap_is_str(after, before, "nothing changed");
	test_devices();
	return tap_done();
}
