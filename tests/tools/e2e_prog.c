/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * e2e_prog DEV HOOK VERDICT: somebody else's BPF program, for the tests to
 * live beside. Loads one that only returns VERDICT, attaches it at HOOK and
 * says "ready". By tcx (tcx-in, tcx-out) it stays until stdin ends; by XDP
 * (xdp, xdp-generic: netlink, as ip(8) does it) it stays for good.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>

/* Younger than the oldest headers that this is built with. */
#define ATTACH_TCX_INGRESS 46
#define ATTACH_TCX_EGRESS 47

static int load(enum bpf_prog_type type, __s32 verdict)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = verdict },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(type, "e2e_foreign", "GPL", code, 2, NULL);
}

static int attach_xdp(int ifindex, __u32 flags, __s32 verdict)
{
	int prog = load(BPF_PROG_TYPE_XDP, verdict);

	return prog < 0 ? prog : bpf_xdp_attach(ifindex, prog, flags, NULL);
}

static int attach_tcx(int ifindex, int where, __s32 verdict)
{
	int prog = load(BPF_PROG_TYPE_SCHED_CLS, verdict);

	return prog < 0 ? prog :
			  bpf_link_create(prog, ifindex,
					  (enum bpf_attach_type)where, NULL);
}

/* A link lives as long as its holder. */
static void hold(void)
{
	char buffer[16];

	while (read(STDIN_FILENO, buffer, sizeof(buffer)) > 0)
		;
}

static int attach(int ifindex, const char *hook, __s32 verdict)
{
	if (!strcmp(hook, "xdp"))
		return attach_xdp(ifindex, XDP_FLAGS_DRV_MODE, verdict);
	if (!strcmp(hook, "xdp-generic"))
		return attach_xdp(ifindex, XDP_FLAGS_SKB_MODE, verdict);
	if (!strcmp(hook, "tcx-in"))
		return attach_tcx(ifindex, ATTACH_TCX_INGRESS, verdict);
	if (!strcmp(hook, "tcx-out"))
		return attach_tcx(ifindex, ATTACH_TCX_EGRESS, verdict);
	return -ENOTSUP;
}

int main(int argc, char **argv)
{
	int ifindex, err;

	if (argc != 4) {
		fputs("usage: e2e_prog DEV xdp|xdp-generic|tcx-in|tcx-out "
		      "VERDICT\n",
		      stderr);
		return 2;
	}
	ifindex = (int)if_nametoindex(argv[1]);
	err = ifindex ? attach(ifindex, argv[2], atoi(argv[3])) : -ENODEV;
	if (err < 0) {
		fprintf(stderr, "e2e_prog: %s %s: %s\n", argv[1], argv[2],
			strerror(-err));
		return err == -EINVAL ? 3 : 1;
	}
	puts("ready");
	fflush(stdout);
	if (!strncmp(argv[2], "tcx", 3))
		hold();
	return 0;
}
