/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * e2e_frames DEV COUNT [KEY=VALUE...]: puts COUNT frames of exactly this shape
 * on the wire, by AF_PACKET. Keys (defaults in brackets):
 *   mac [ff:ff:ff:ff:ff:ff]  src dst [10.77.0.2 10.77.0.1; either may be IPv6]
 *   proto [17: UDP; 6 TCP, 1/58 ICMP echo, 132 SCTP, other: none]
 *   sport dport [4000 5000]  flags [TCP bits, 2]  dscp [0]  size [payload, 10]
 *   vlan, inner [none: tags of 802.1Q]  type [ethertype, by the address]
 *   flows [1: so many sources, by address and port, in turn]
 *   numbered [0; 1: UDP as e2e_udp's, for e2e_recv, with right checksums]
 *   gso [0; N: TCP, whose payload the kernel is to cut into packets of N bytes,
 *   as a virtual machine hands it over]
 * Prints how many frames were sent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/types.h>
#include <linux/virtio_net.h>

#include "e2e_pattern.h"

#define FRAME_MAX 9200
#define BATCH 64

struct shape {
	__u8 mac[6];
	const char *src, *dst;
	unsigned proto, sport, dport, flags, dscp, size, type, flows, numbered;
	unsigned gso;
	int vlan, inner;
};

struct frame {
	struct virtio_net_hdr about; /* where gso is given */
	__u8 data[FRAME_MAX];
	size_t length;
};

static bool set_number(struct shape *s, const char *key, const char *value)
{
	const struct {
		const char *key;
		void *to;
	} numbers[] = {
		{ "proto", &s->proto },	      { "sport", &s->sport },
		{ "dport", &s->dport },	      { "flags", &s->flags },
		{ "dscp", &s->dscp },	      { "size", &s->size },
		{ "vlan", &s->vlan },	      { "inner", &s->inner },
		{ "type", &s->type },	      { "flows", &s->flows },
		{ "numbered", &s->numbered }, { "gso", &s->gso },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		int number = (int)strtol(value, NULL, 0);

		if (strcmp(key, numbers[i].key))
			continue;
		memcpy(numbers[i].to, &number, sizeof(number));
		return true;
	}
	return false;
}

static bool set_key(struct shape *s, char *word)
{
	char *value = strchr(word, '=');

	if (!value)
		return false;
	*value++ = 0;
	if (!strcmp(word, "src"))
		s->src = value;
	else if (!strcmp(word, "dst"))
		s->dst = value;
	else if (!strcmp(word, "mac"))
		return sscanf(value, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx",
			      &s->mac[0], &s->mac[1], &s->mac[2], &s->mac[3],
			      &s->mac[4], &s->mac[5]) == 6;
	else
		return set_number(s, word, value);
	return true;
}

static void put(struct frame *f, const void *data, size_t size)
{
	memcpy(f->data + f->length, data, size);
	f->length += size;
}

static void put16(struct frame *f, unsigned value)
{
	__u8 bytes[2] = { (__u8)(value >> 8), (__u8)value };

	put(f, bytes, 2);
}

/* What is before @data comes to @sum. */
static __u16 checksum(const __u8 *data, size_t size, __u32 sum)
{
	for (size_t i = 0; i + 1 < size; i += 2)
		sum += (__u32)(data[i] << 8 | data[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (__u16)~sum;
}

static unsigned l4_header(const struct shape *s)
{
	switch (s->proto) {
	case 6:
		return 20;
	case 132:
		return 12;
	case 17:
	case 1:
	case 58:
		return 8;
	}
	return 0;
}

static void put_l4(struct frame *f, const struct shape *s)
{
	static const __u8 zero[FRAME_MAX];
	unsigned header = l4_header(s);
	size_t begin = f->length;

	put(f, zero, header + s->size);
	if (s->proto == 1 || s->proto == 58) {
		f->data[begin] = s->proto == 1 ? 8 : 128;
		f->data[begin + 4] = (__u8)(s->sport >> 8);
		f->data[begin + 5] = (__u8)s->sport;
	} else if (header) {
		f->length = begin;
		put16(f, s->sport);
		put16(f, s->dport);
		if (s->proto == 17)
			put16(f, header + s->size);
		if (s->proto == 6) {
			f->data[begin + 12] = 5 << 4;
			f->data[begin + 13] = (__u8)s->flags;
		}
		f->length = begin + header + s->size;
	}
}

static void put_v4(struct frame *f, const struct shape *s, __u32 source)
{
	size_t begin = f->length;
	__u32 address;
	__u16 sum;

	put16(f, 0x4500 | s->dscp << 2);
	put16(f, 20 + l4_header(s) + s->size);
	put16(f, 1);
	put16(f, 0x4000);
	put16(f, 64 << 8 | s->proto);
	put16(f, 0);
	inet_pton(AF_INET, s->src, &address);
	address = htonl(ntohl(address) + source);
	put(f, &address, 4);
	inet_pton(AF_INET, s->dst, &address);
	put(f, &address, 4);
	sum = checksum(f->data + begin, 20, 0);
	f->data[begin + 10] = (__u8)(sum >> 8);
	f->data[begin + 11] = (__u8)sum;
}

static void put_v6(struct frame *f, const struct shape *s, __u32 source)
{
	__u8 address[16];

	put16(f, 0x6000 | s->dscp << 6);
	put16(f, 0);
	put16(f, l4_header(s) + s->size);
	put16(f, s->proto << 8 | 64);
	inet_pton(AF_INET6, s->src, address);
	address[14] = (__u8)(address[14] + (source >> 8));
	address[15] = (__u8)(address[15] + source);
	put(f, address, 16);
	inet_pton(AF_INET6, s->dst, address);
	put(f, address, 16);
}

/* The addresses, for the checksum, stand right before UDP in both families. */
static void number_udp(struct frame *f, const struct shape *s, __u32 number)
{
	size_t addresses = strchr(s->src, ':') ? 32 : 8, size = 8 + s->size;
	__u8 *udp = f->data + f->length - size;
	__u16 sum;

	pattern_fill(udp + 8, s->size, number);
	udp[size] = 0;
	sum = checksum(udp - addresses, addresses + size + (size & 1),
		       17 + (__u32)size);
	sum = sum ? sum : 0xffff;
	udp[6] = (__u8)(sum >> 8);
	udp[7] = (__u8)sum;
}

/* The @number-th frame: sources change by port first, then by address. */
static void build(struct frame *f, const struct shape *shape, __u32 number)
{
	static const __u8 source_mac[6] = { 2, 0, 0, 0, 0, 0x77 };
	struct shape s = *shape;
	bool v6 = strchr(s.src, ':') != NULL;
	__u32 flow = number % s.flows;

	f->length = 0;
	s.sport = (s.sport + flow % 50000) & 0xffff;
	put(f, s.mac, 6);
	put(f, source_mac, 6);
	if (s.vlan >= 0) {
		put16(f, ETHERTYPE_VLAN);
		put16(f, (unsigned)s.vlan);
	}
	if (s.inner >= 0) {
		put16(f, ETHERTYPE_VLAN);
		put16(f, (unsigned)s.inner);
	}
	put16(f, s.type ? s.type : v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP);
	if (v6)
		put_v6(f, &s, flow / 50000);
	else
		put_v4(f, &s, flow / 50000);
	put_l4(f, &s);
	if (s.numbered && s.proto == 17)
		number_udp(f, &s, number);
}

/* Of a frame whose last part is TCP. */
static void describe(struct frame *f, const struct shape *s)
{
	unsigned upper = (unsigned)f->length - s->size - l4_header(s);

	f->about = (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = strchr(s->src, ':') ? VIRTIO_NET_HDR_GSO_TCPV6 :
						  VIRTIO_NET_HDR_GSO_TCPV4,
		.hdr_len = (__u16)(upper + l4_header(s)),
		.gso_size = (__u16)s->gso,
		.csum_start = (__u16)upper,
		.csum_offset = 16,
	};
}

static int send_all(int fd, const struct shape *s, __u32 count)
{
	static struct frame frames[BATCH];
	static struct mmsghdr messages[BATCH];
	static struct iovec parts[BATCH][2];
	__u32 sent = 0;

	while (sent < count) {
		unsigned want = count - sent < BATCH ? count - sent : BATCH;
		int done;

		for (unsigned i = 0; i < want; i++) {
			build(&frames[i], s, sent + i);
			describe(&frames[i], s);
			parts[i][0] = (struct iovec){ &frames[i].about,
						      sizeof(frames[i].about) };
			parts[i][1] = (struct iovec){ frames[i].data,
						      frames[i].length };
			messages[i].msg_hdr.msg_iov = &parts[i][!s->gso];
			messages[i].msg_hdr.msg_iovlen = s->gso ? 2 : 1;
		}
		done = sendmmsg(fd, messages, want, 0);
		if (done < 0 && errno == ENOBUFS)
			continue;
		if (done < 0)
			return -errno;
		sent += (__u32)done;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct shape shape = {
		.mac = { 255, 255, 255, 255, 255, 255 },
		.src = "10.77.0.2",
		.dst = "10.77.0.1",
		.proto = 17,
		.sport = 4000,
		.dport = 5000,
		.flags = 2,
		.size = 10,
		.flows = 1,
		.vlan = -1,
		.inner = -1,
	};
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	int fd, err, described;

	for (int i = 3; i < argc; i++)
		if (!set_key(&shape, argv[i]))
			argc = 0;
	if (argc < 3 || shape.size > FRAME_MAX - 100 || !shape.flows) {
		fputs("usage: e2e_frames DEV COUNT [KEY=VALUE...]\n", stderr);
		return 2;
	}
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	described = shape.gso != 0;
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&to, sizeof(to)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &described,
		       sizeof(described))) {
		perror("e2e_frames");
		return 1;
	}
	err = send_all(fd, &shape, (__u32)strtoul(argv[2], NULL, 10));
	if (err) {
		fprintf(stderr, "e2e_frames: %s\n", strerror(-err));
		return 1;
	}
	puts(argv[2]);
	close(fd);
	return 0;
}
