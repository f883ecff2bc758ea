/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flow i of the benchmarks is UDP from 10.0.0.0+i or fd00::i, port
 * 1024 + i mod 32768, to 198.19.0.1 or 2001:db8::1, port 9.
 */
#pragma once

#include <linux/types.h>

#define FLOW_SADDR4 0x0a000000u
#define FLOW_DADDR4 0xc6130001u
#define FLOW_SPORT 1024u
#define FLOW_SPORT_MASK 0x7fffu
#define FLOW_DPORT 9u

/* Given to flows.bpf.c before it is loaded, constant from then on. */
struct flow_settings {
	__u32 family;  /* 4 or 6 */
	__u32 first;   /* flow */
	__u32 mask;    /* number of flows (a power of two) less one */
	__u32 octaves; /* 0: uniform; else see draw_flow() */
	__u32 step;    /* odd; another one gives another sequence */
	__u32 ifindex; /* where the frames go; 0: generate() drops them */
	__u32 sum;     /* of what the checksum covers and is fixed */
};
