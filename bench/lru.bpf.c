/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The textbook way to what faultline does: parse, count per flow in an LRU
 * hash, draw with bpf_get_prandom_u32(). IPv4 without options, UDP only.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

#define ONE_PERCENT 42949673u /* of 2^32 */

struct flow_key {
	__be32 saddr, daddr;
	__be16 source, dest;
	__u32 proto;
};

struct flow_counts {
	__u64 packets, bytes, dropped;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1 << 20);
	__type(key, struct flow_key);
	__type(value, struct flow_counts);
} flows SEC(".maps");

static __always_inline int parse(struct xdp_md *ctx, struct flow_key *key)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end || eth->h_proto != bpf_htons(ETH_P_IP) ||
	    ip->ihl != 5 || ip->protocol != IPPROTO_UDP)
		return -1;
	key->saddr = ip->saddr;
	key->daddr = ip->daddr;
	key->source = udp->source;
	key->dest = udp->dest;
	key->proto = IPPROTO_UDP;
	return bpf_ntohs(ip->tot_len);
}

static __always_inline int count(struct xdp_md *ctx, __u32 loss, int survivor)
{
	struct flow_counts fresh = {};
	struct flow_counts *counts;
	struct flow_key key;
	int lost = bpf_get_prandom_u32() < loss;
	int length = parse(ctx, &key);

	if (length < 0)
		return XDP_PASS;
	counts = bpf_map_lookup_elem(&flows, &key);
	if (!counts) {
		fresh.packets = 1;
		fresh.bytes = (__u64)length;
		fresh.dropped = (__u64)lost;
		bpf_map_update_elem(&flows, &key, &fresh, BPF_NOEXIST);
	} else {
		__sync_fetch_and_add(&counts->packets, 1);
		__sync_fetch_and_add(&counts->bytes, (__u64)length);
		if (lost)
			__sync_fetch_and_add(&counts->dropped, 1);
	}
	return lost ? XDP_DROP : survivor;
}

SEC("xdp")
int lru_drop(struct xdp_md *ctx)
{
	return count(ctx, ~0u, XDP_DROP);
}

SEC("xdp")
int lru_loss(struct xdp_md *ctx)
{
	return count(ctx, ONE_PERCENT, XDP_PASS);
}
