/* SPDX-License-Identifier: GPL-2.0-only */
/* The least that XDP and tc can do: bounds for what faultline costs. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define ONE_PERCENT 42949673u /* of 2^32 */

SEC("xdp")
int xdp_drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

SEC("xdp")
int xdp_pass(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("xdp")
int xdp_loss(struct xdp_md *ctx)
{
	(void)ctx;
	return bpf_get_prandom_u32() < ONE_PERCENT ? XDP_DROP : XDP_PASS;
}

SEC("tc/drop")
int tc_drop(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_SHOT;
}

SEC("tc/loss")
int tc_loss(struct __sk_buff *skb)
{
	(void)skb;
	return bpf_get_prandom_u32() < ONE_PERCENT ? TC_ACT_SHOT : TC_ACT_OK;
}
