/* SPDX-License-Identifier: GPL-2.0-only */
/* What gen.c and micro.c share; each of them is a program of one file. */
#pragma once

#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "flows.h"

#define FRAME_MAX 2048

static inline double bench_clock(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static inline int bench_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set)) {
		fprintf(stderr, "cpu %d: %s\n", cpu, strerror(errno));
		return -1;
	}
	return 0;
}

/* A number of at least @min, and nothing behind it. */
static inline int bench_number(const char *word, double min, double *value)
{
	char *rest;

	*value = strtod(word, &rest);
	return rest == word || *rest || !(*value >= min) || isinf(*value);
}

/* "1", "1k", "64k", "1m" flows, "z" for Zipf, "/6" for IPv6: "1mz/6". */
static inline int flow_parse(const char *word, struct flow_settings *flow)
{
	char *rest;
	unsigned long count = strtoul(word, &rest, 10);

	if (*rest == 'k')
		count <<= 10, rest++;
	else if (*rest == 'm')
		count <<= 20, rest++;
	if (!count || count > 1 << 24 || count & (count - 1)) {
		fprintf(stderr, "flows: %s: not a power of two to 16m\n", word);
		return -1;
	}
	*flow = (struct flow_settings){ .family = 4, .step = 1013904223u };
	flow->mask = (__u32)count - 1;
	if (*rest == 'z') {
		flow->octaves = (__u32)__builtin_popcount(flow->mask) + 1;
		rest++;
	}
	if (!strcmp(rest, "/6")) {
		flow->family = 6;
	} else if (*rest) {
		fprintf(stderr, "flows: %s: unknown \"%s\"\n", word, rest);
		return -1;
	}
	return 0;
}

static inline __u32 frame_sum(const void *data, size_t size)
{
	const unsigned char *byte = data;
	__u32 sum = 0;
	__u16 word;

	for (size_t i = 0; i + 1 < size; i += 2) {
		memcpy(&word, byte + i, sizeof(word));
		sum += word;
	}
	return (sum & 0xffff) + (sum >> 16);
}

/* Behind the Ethernet header at @ip; returns what vary4() has to add to. */
static inline __u32 frame_ipv4(unsigned char *at, size_t size)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = 5,
		.ttl = 64,
		.protocol = IPPROTO_UDP,
		.tot_len = htons((__u16)size),
		.daddr = htonl(FLOW_DADDR4),
	};
	struct udphdr udp = {
		.dest = htons(FLOW_DPORT),
		.len = htons((__u16)(size - sizeof(ip))),
	};

	memcpy(at, &ip, sizeof(ip));
	memcpy(at + sizeof(ip), &udp, sizeof(udp));
	return frame_sum(&ip, sizeof(ip));
}

static inline __u32 frame_ipv6(unsigned char *at, size_t size)
{
	struct ipv6hdr ip = {
		.version = 6,
		.hop_limit = 64,
		.nexthdr = IPPROTO_UDP,
		.payload_len = htons((__u16)(size - sizeof(ip))),
	};
	struct udphdr udp = {
		.dest = htons(FLOW_DPORT),
		.len = ip.payload_len,
	};

	ip.saddr.s6_addr[0] = 0xfd;
	ip.daddr.s6_addr32[0] = htonl(0x20010db8);
	ip.daddr.s6_addr[15] = 1;
	memcpy(at, &ip, sizeof(ip));
	memcpy(at + sizeof(ip), &udp, sizeof(udp));
	return frame_sum(&ip.saddr, 2 * sizeof(ip.saddr)) +
	       frame_sum(&udp, sizeof(udp)) + ip.payload_len +
	       htons(IPPROTO_UDP);
}

/*
 * Fills @frame for the flows of @flow, whose sum it sets. Returns the length:
 * @length, or what the headers need if that is more.
 */
static inline size_t frame_build(struct flow_settings *flow, size_t length,
				 unsigned char frame[FRAME_MAX])
{
	struct ethhdr eth = {
		.h_dest = { 2, 0, 0, 0, 0, 2 },
		.h_source = { 2, 0, 0, 0, 0, 1 },
	};
	bool six = flow->family == 6;
	size_t need = sizeof(eth) + sizeof(struct udphdr) +
		      (six ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));

	if (length < need)
		length = need;
	if (length > FRAME_MAX)
		length = FRAME_MAX;
	memset(frame, 0, FRAME_MAX);
	eth.h_proto = htons(six ? ETH_P_IPV6 : ETH_P_IP);
	memcpy(frame, &eth, sizeof(eth));
	flow->sum = (six ? frame_ipv6 : frame_ipv4)(frame + sizeof(eth),
						    length - sizeof(eth));
	return length;
}

static inline int flow_print(enum libbpf_print_level level, const char *format,
			     va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

/*
 * Opens flows.bpf.o and sets its constants. A plain object (no skeleton) has
 * no memory to write globals to once it is loaded, so that it is done here.
 */
static inline struct bpf_object *flow_open(const char *file,
					   const struct flow_settings *flow)
{
	struct bpf_object *object;
	struct bpf_map *map;

	libbpf_set_print(flow_print);
	object = bpf_object__open_file(file, NULL);
	if (!object) {
		fprintf(stderr, "%s: %s\n", file, strerror(errno));
		return NULL;
	}
	map = bpf_object__find_map_by_name(object, ".rodata");
	if (!map || bpf_map__set_initial_value(map, flow, sizeof(*flow))) {
		fprintf(stderr, "%s: not built with this program\n", file);
		bpf_object__close(object);
		return NULL;
	}
	return object;
}
