/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes every packet one of many flows, inside the kernel: a program that is
 * run again and again on one and the same packet would show only its warm
 * caches.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "flows.h"

char LICENSE[] SEC("license") = "GPL";

const volatile struct flow_settings settings;

static __u32 state;

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} jump SEC(".maps");

static __always_inline __u32 next_random(void)
{
	state = state * 1664525u + settings.step;
	return state;
}

/*
 * Uniform, or every octave of ranks (1, 2-3, 4-7, ...) equally often, which
 * is Zipf's law with exponent 1.
 */
static __always_inline __u32 draw_flow(void)
{
	__u32 mask = settings.mask;

	if (settings.octaves)
		mask >>= ((next_random() >> 24) * settings.octaves) >> 8;
	return settings.first + ((next_random() >> 8) & mask);
}

/* Ones' complement sum to checksum. Never 0, which UDP over IPv6 forbids. */
static __always_inline __u16 finish_sum(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff ? 0xffff : (__u16)~sum;
}

static __always_inline int vary4(void *data, void *end, __u32 flow)
{
	struct iphdr *ip = data + sizeof(struct ethhdr);
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > end)
		return -1;
	ip->saddr = bpf_htonl(FLOW_SADDR4 | flow);
	udp->source = bpf_htons((__u16)(FLOW_SPORT + (flow & FLOW_SPORT_MASK)));
	ip->check = finish_sum(settings.sum + (ip->saddr & 0xffff) +
			       (ip->saddr >> 16));
	return 0;
}

static __always_inline int vary6(void *data, void *end, __u32 flow)
{
	struct ipv6hdr *ip = data + sizeof(struct ethhdr);
	struct udphdr *udp = (void *)(ip + 1);
	__u32 low = bpf_htonl(flow);

	if ((void *)(udp + 1) > end)
		return -1;
	ip->saddr.in6_u.u6_addr32[3] = low;
	udp->source = bpf_htons((__u16)(FLOW_SPORT + (flow & FLOW_SPORT_MASK)));
	udp->check = finish_sum(settings.sum + (low & 0xffff) + (low >> 16) +
				udp->source);
	return 0;
}

static __always_inline int vary(void *data, void *end)
{
	__u32 flow = draw_flow();

	if (settings.family == 6)
		return vary6(data, end, flow);
	return vary4(data, end, flow);
}

/* For live frames: out of a device. */
SEC("xdp")
int generate(struct xdp_md *ctx)
{
	if (vary((void *)(long)ctx->data, (void *)(long)ctx->data_end))
		return XDP_ABORTED;
	if (!settings.ifindex)
		return XDP_DROP;
	return (int)bpf_redirect(settings.ifindex, 0);
}

/*
 * As a host sends: XDP's way out of a device goes past its qdisc and its hook
 * for outgoing packets, a socket buffer's does not.
 */
SEC("tc")
int generate_out(struct __sk_buff *skb)
{
	if (vary((void *)(long)skb->data, (void *)(long)skb->data_end))
		return TC_ACT_SHOT;
	bpf_clone_redirect(skb, settings.ifindex, 0);
	return TC_ACT_OK;
}

/* For BPF_PROG_TEST_RUN: on to the program under test. */
SEC("xdp")
int wrap(struct xdp_md *ctx)
{
	if (!vary((void *)(long)ctx->data, (void *)(long)ctx->data_end))
		bpf_tail_call(ctx, &jump, 0);
	return XDP_ABORTED;
}

/* What the program under test is compared with. */
SEC("xdp")
int drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}
