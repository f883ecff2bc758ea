/* SPDX-License-Identifier: GPL-2.0-only */
#include "pkt.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

/* The size of the IP payload, before it is cut into fragments. */
#define L4_MAX 16384

static void put16(__u8 *at, size_t value)
{
	at[0] = (__u8)(value >> 8);
	at[1] = (__u8)value;
}

static void put32(__u8 *at, __u32 value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

void pkt_address4(__u8 *address, __u32 host_order)
{
	put32(address, host_order);
}

void pkt_address6(__u8 *address, __u64 high, __u64 low)
{
	put32(address, (__u32)(high >> 32));
	put32(address + 4, (__u32)high);
	put32(address + 8, (__u32)(low >> 32));
	put32(address + 12, (__u32)low);
}

void pkt_reset(struct pkt *pkt, size_t length)
{
	if (length > PKT_MAX)
		abort();
	memset(pkt->store, 0, sizeof(pkt->store));
	pkt->data = pkt->store + 2;
	pkt->length = length;
}

/* Folded sum of @data onto @start, not yet inverted. */
static __u32 sum16(const __u8 *data, size_t length, __u32 start)
{
	for (size_t i = 0; i + 1 < length; i += 2)
		start += (__u32)data[i] << 8 | data[i + 1];
	if (length & 1)
		start += (__u32)data[length - 1] << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

__u16 pkt_checksum(const void *data, size_t length, __u32 start)
{
	return (__u16)~sum16(data, length, start);
}

__u32 pkt_crc32c(const void *data, size_t length)
{
	const __u8 *bytes = data;
	__u32 crc = ~0u;

	for (size_t i = 0; i < length; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78u : 0);
	}
	return ~crc;
}

static __u32 pseudo_sum(const struct pkt_spec *spec, size_t length)
{
	size_t bytes = spec->family == 4 ? 4 : 16;
	__u32 sum = sum16(spec->src, bytes, 0);

	sum = sum16(spec->dst, bytes, sum);
	return sum + (__u32)length + spec->proto;
}

static size_t l4_header(const struct pkt_spec *spec, __u8 *at, size_t *sum_at)
{
	*sum_at = 0;
	switch (spec->proto) {
	case IPPROTO_TCP:
		at[12] = (__u8)((20 + spec->tcp_options) / 4 << 4);
		at[13] = spec->tcp_flags;
		put16(at + 14, 65535);
		memset(at + 20, 1, spec->tcp_options); /* no operation */
		*sum_at = 16;
		return 20 + spec->tcp_options;
	case IPPROTO_UDP:
		put16(at + 4, 8 + spec->payload);
		*sum_at = 6;
		return 8;
	case IPPROTO_SCTP:
		put32(at + 4, 0x01020304);
		return 12;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		at[0] = spec->icmp_type;
		put16(at + 4, spec->icmp_id);
		*sum_at = 2;
		return 8;
	}
	return 0;
}

static void l4_checksum(const struct pkt_spec *spec, __u8 *at, size_t length,
			size_t sum_at)
{
	__u32 crc;

	if (spec->proto == IPPROTO_SCTP) {
		crc = pkt_crc32c(at, length);
		memcpy(at + 8, &crc, sizeof(crc)); /* little endian */
	} else if (sum_at) {
		bool pseudo = spec->proto != IPPROTO_ICMP;

		put16(at + sum_at,
		      pkt_checksum(at, length,
				   pseudo ? pseudo_sum(spec, length) : 0));
	}
}

/* The whole datagram's payload; fragments are cut out of it. */
static size_t build_l4(const struct pkt_spec *spec, __u8 *at)
{
	size_t sum_at, header = l4_header(spec, at, &sum_at);

	if (spec->proto == IPPROTO_TCP || spec->proto == IPPROTO_UDP ||
	    spec->proto == IPPROTO_SCTP) {
		put16(at, spec->sport);
		put16(at + 2, spec->dport);
	}
	for (size_t i = 0; i < spec->payload; i++)
		at[header + i] = (__u8)i;
	l4_checksum(spec, at, header + spec->payload, sum_at);
	return header + spec->payload;
}

static size_t build_v4(const struct pkt_spec *spec, __u8 *at, const __u8 *l4,
		       size_t l4_length, bool more)
{
	size_t header = 20 + spec->ip_options;

	at[0] = (__u8)(0x40 | header / 4);
	at[1] = (__u8)(spec->dscp << 2);
	put16(at + 2, header + l4_length);
	put16(at + 4, 0x1234);
	if (spec->fragment)
		put16(at + 6, (more ? 0x2000u : 0) | spec->fragment_at);
	at[8] = 64;
	at[9] = spec->proto;
	memcpy(at + 12, spec->src, 4);
	memcpy(at + 16, spec->dst, 4);
	memset(at + 20, 1, spec->ip_options); /* no operation */
	put16(at + 10, pkt_checksum(at, header, 0));
	memcpy(at + header, l4, l4_length);
	return header + l4_length;
}

static size_t extension_length(const struct pkt_spec *spec, __u8 type)
{
	return type == 44 ? 8 : 8 + 8 * (size_t)spec->extension_words;
}

/* Writes extension @number, whose successor is @next. */
static size_t build_extension(const struct pkt_spec *spec, unsigned number,
			      __u8 next, bool more, __u8 *at)
{
	__u8 type = spec->extension[number];
	size_t length = extension_length(spec, type);

	at[0] = next;
	if (type == 44) {
		put16(at + 2, spec->fragment_at << 3 | more);
		put32(at + 4, 0x12345678);
	} else if (type == 51) {
		at[1] = (__u8)(length / 4 - 2);
	} else {
		at[1] = (__u8)(length / 8 - 1);
		at[2] = type == 43 ? 253 : 1; /* PadN where there are options */
		at[3] = type == 43 ? 0 : (__u8)(length - 4);
	}
	return length;
}

static size_t build_v6(const struct pkt_spec *spec, __u8 *at, const __u8 *l4,
		       size_t l4_length, bool more)
{
	size_t used = 40;

	put32(at, 6u << 28 | (__u32)spec->dscp << 22);
	at[6] = spec->extensions ? spec->extension[0] : spec->proto;
	at[7] = 64;
	memcpy(at + 8, spec->src, 16);
	memcpy(at + 24, spec->dst, 16);
	for (unsigned i = 0; i < spec->extensions; i++)
		used += build_extension(spec, i,
					i + 1 < spec->extensions ?
						spec->extension[i + 1] :
						spec->proto,
					more, at + used);
	put16(at + 4, used - 40 + l4_length);
	memcpy(at + used, l4, l4_length);
	return used + l4_length;
}

static size_t build_ip(const struct pkt_spec *spec, __u8 *at)
{
	static _Thread_local __u8 l4[L4_MAX];
	size_t length, from = 0;
	bool more = false;

	memset(l4, 0, sizeof(l4));
	length = build_l4(spec, l4);
	if (spec->fragment) {
		from = spec->fragment_at * 8;
		from = from < length ? from : length;
		length -= from;
		if (spec->fragment_bytes && spec->fragment_bytes < length) {
			length = spec->fragment_bytes;
			more = true;
		}
	}
	return spec->family == 4 ? build_v4(spec, at, l4 + from, length, more) :
				   build_v6(spec, at, l4 + from, length, more);
}

size_t pkt_build(struct pkt *pkt, const struct pkt_spec *spec)
{
	__u16 ethertype = spec->family == 4 ? ETH_P_IP :
			  spec->family == 6 ? ETH_P_IPV6 :
					      spec->ethertype;
	size_t at = 12;

	pkt_reset(pkt, 0);
	memcpy(pkt->data, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	for (unsigned i = 0; i < spec->vlans; i++) {
		put16(pkt->data + at,
		      i + 1 < spec->vlans ? ETH_P_8021AD : ETH_P_8021Q);
		put16(pkt->data + at + 2, spec->vlan[i]);
		at += 4;
	}
	put16(pkt->data + at, ethertype);
	at += 2;
	if (spec->family) {
		at += build_ip(spec, pkt->data + at);
	} else {
		for (unsigned i = 0; i < spec->payload; i++)
			pkt->data[at + i] = (__u8)i;
		at += spec->payload;
	}
	pkt->length = at + spec->padding;
	return pkt->length;
}

#define V4 .family = 4, .src = { 10, 0, 0, 1 }, .dst = { 10, 0, 0, 2 }
#define V6 .family = 6, .src = { 0xfd, [15] = 1 }, .dst = { 0xfd, [15] = 2 }
#define PORTS .sport = 40000, .dport = 443
#define TCP .proto = IPPROTO_TCP, PORTS
#define UDP .proto = IPPROTO_UDP, PORTS
#define SCTP .proto = IPPROTO_SCTP, PORTS

static const struct {
	const char *name;
	struct pkt_spec spec;
} samples[] = {
	{ "v4 tcp syn", { V4, TCP, .tcp_flags = 2, .tcp_options = 20 } },
	{ "v4 tcp data", { V4, TCP, .tcp_flags = 0x18, .payload = 40 } },
	{ "v4 udp", { V4, UDP, .payload = 20, .dscp = 46 } },
	{ "v4 udp empty", { V4, UDP, .padding = 18 } },
	{ "v4 sctp", { V4, SCTP, .payload = 16 } },
	{ "v4 echo request",
	  { V4, .proto = IPPROTO_ICMP, .icmp_type = 8, .icmp_id = 77,
	    .payload = 32 } },
	{ "v4 echo reply",
	  { V4, .proto = IPPROTO_ICMP, .icmp_type = 0, .icmp_id = 77 } },
	{ "v4 unreachable",
	  { V4, .proto = IPPROTO_ICMP, .icmp_type = 3, .payload = 28 } },
	{ "v4 gre", { V4, .proto = 47, .payload = 24 } },
	{ "v4 icmpv6", { V4, .proto = IPPROTO_ICMPV6, .icmp_type = 135 } },
	{ "v4 options", { V4, TCP, .ip_options = 40, .tcp_flags = 0x10 } },
	{ "v4 first fragment",
	  { V4, UDP, .payload = 100, .fragment = 1, .fragment_bytes = 64 } },
	{ "v4 middle fragment",
	  { V4, UDP, .payload = 200, .fragment = 1, .fragment_at = 8,
	    .fragment_bytes = 64 } },
	{ "v4 last fragment",
	  { V4, UDP, .payload = 100, .fragment = 1, .fragment_at = 8 } },
	{ "v4 vlan", { V4, TCP, .vlans = 1, .vlan = { 0x6064 } } },
	{ "v4 qinq", { V4, UDP, .vlans = 2, .vlan = { 5, 6 }, .payload = 9 } },
	{ "v4 three tags", { V4, UDP, .vlans = 3, .vlan = { 5, 6, 7 } } },
	{ "v6 tcp syn", { V6, TCP, .tcp_flags = 2, .tcp_options = 8 } },
	{ "v6 udp", { V6, UDP, .payload = 33, .dscp = 10 } },
	{ "v6 sctp", { V6, SCTP, .payload = 4 } },
	{ "v6 echo request",
	  { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 128, .icmp_id = 9,
	    .payload = 8 } },
	{ "v6 echo reply",
	  { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 129, .icmp_id = 9 } },
	{ "v6 too big",
	  { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 2, .payload = 48 } },
	{ "v6 neighbour solicitation",
	  { V6, .proto = IPPROTO_ICMPV6, .icmp_type = 135, .payload = 16 } },
	{ "v6 icmp", { V6, .proto = IPPROTO_ICMP, .icmp_type = 8 } },
	{ "v6 no next header", { V6, .proto = 59 } },
	{ "v6 extensions",
	  { V6, TCP, .extension = { 0, 60, 43, 51 }, .extensions = 4,
	    .extension_words = 1, .tcp_flags = 0x11, .payload = 3 } },
	{ "v6 first fragment",
	  { V6, UDP, .extension = { 44 }, .extensions = 1, .fragment = 1,
	    .payload = 100, .fragment_bytes = 64 } },
	{ "v6 later fragment",
	  { V6, UDP, .extension = { 0, 44 }, .extensions = 2, .fragment = 1,
	    .payload = 100, .fragment_at = 8 } },
	{ "v6 atomic fragment",
	  { V6, UDP, .extension = { 44 }, .extensions = 1, .payload = 10 } },
	{ "v6 vlan", { V6, UDP, .vlans = 1, .vlan = { 4095 }, .payload = 1 } },
	{ "v6 qinq",
	  { V6, TCP, .vlans = 2, .vlan = { 1, 2 }, .extension = { 135, 139 },
	    .extensions = 2 } },
	{ "arp", { .ethertype = ETH_P_ARP, .payload = 28 } },
	{ "arp vlan",
	  { .ethertype = ETH_P_ARP,
	    .payload = 28,
	    .vlans = 1,
	    .vlan = { 3 } } },
	{ "lldp", { .ethertype = 0x88cc, .payload = 46 } },
};

const struct pkt_spec *pkt_sample(unsigned number)
{
	return number < sizeof(samples) / sizeof(*samples) ?
		       &samples[number].spec :
		       NULL;
}

const char *pkt_sample_name(unsigned number)
{
	return samples[number].name;
}
