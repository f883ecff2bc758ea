/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames for tests: described in a struct, built with correct lengths and
 * checksums. Data begins at 2 modulo 4, as drivers place it so that the IP
 * header is aligned.
 */
#pragma once

#include <stddef.h>

#include <linux/types.h>

#define PKT_MAX 2048
#define PKT_EXTENSIONS 10
#define PKT_VLANS 3

struct pkt {
	__u8 *data;
	size_t length;
	_Alignas(64) __u8 store[PKT_MAX + 64];
};

/* What is not said is 0; the payload counts up from 0. */
struct pkt_spec {
	__u8 family; /* 4, 6, or 0: ethertype below and payload */
	__u8 proto;  /* IPPROTO_*; others get the payload only */
	__u16 ethertype;
	__u16 vlan[PKT_VLANS]; /* outermost first */
	unsigned vlans;	       /* 2 and more: QinQ, the outer one is 802.1ad */
	__u8 src[16], dst[16];
	__u16 sport, dport; /* TCP, UDP, SCTP */
	__u8 dscp;
	unsigned ip_options;		/* bytes, multiple of 4, IPv4 */
	__u8 extension[PKT_EXTENSIONS]; /* IPv6 next header numbers */
	unsigned extensions;
	unsigned extension_words; /* longer than the least, in 8 bytes */
	int fragment;		  /* 1: a fragment, by the next two */
	unsigned fragment_at;	  /* in 8 bytes of the IP payload */
	unsigned fragment_bytes;  /* 0: all the rest, which is the last */
	__u8 tcp_flags;
	unsigned tcp_options; /* bytes, multiple of 4 */
	__u8 icmp_type;
	__u16 icmp_id;
	unsigned payload; /* bytes after the L4 header */
	unsigned padding; /* bytes after the IP packet */
};

/* Length of the frame, which is also in @pkt. */
size_t pkt_build(struct pkt *pkt, const struct pkt_spec *spec);

/* Empty frame of @length bytes, all 0, for the caller to fill. */
void pkt_reset(struct pkt *pkt, size_t length);

/* Address words of a spec: IPv4 in the first four bytes. */
void pkt_address4(__u8 *address, __u32 host_order);
void pkt_address6(__u8 *address, __u64 high, __u64 low);

/*
 * One of everything that the parser has to know, by number; NULL after the
 * last. The seeds of the fuzzer.
 */
const struct pkt_spec *pkt_sample(unsigned number);
const char *pkt_sample_name(unsigned number);

__u16 pkt_checksum(const void *data, size_t length, __u32 start);
__u32 pkt_crc32c(const void *data, size_t length);
