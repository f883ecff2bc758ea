/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Segments are cut off a buffer as the kernel does it, joined, and cut off
 * again; and whatever the kernel would not have made is not joined.
 */
#include <stdlib.h>
#include <string.h>

#include "hold/join.h"
#include "lib/tap.h"

#define MSS 100u
#define SEGMENTS 5u
#define ROOM 2048u

enum { V4, V6 };

struct made {
	__u8 data[ROOM];
	size_t length;
};

static struct made made[SEGMENTS];
static __u8 payload[MSS * SEGMENTS];
static size_t ip_at, tcp_at, data_at;
static int family;

static void put(__u8 *at, __u32 value, int bytes)
{
	while (bytes--)
		*at++ = (__u8)(value >> 8 * bytes);
}

static __u32 sum(const __u8 *data, size_t length, __u32 start)
{
	for (size_t i = 0; i < length; i++)
		start += (__u32)data[i] << (i % 2 ? 0 : 8);
	while (start >> 16)
		start = (start >> 16) + (start & 0xffff);
	return start;
}

static __u32 pseudo(const __u8 *ip, size_t tcp_bytes)
{
	return family == V6 ? sum(ip + 8, 32, (__u32)(6 + tcp_bytes)) :
			      sum(ip + 12, 8, (__u32)(6 + tcp_bytes));
}

/* Both checksums of a whole packet, made good. */
static void set_sums(__u8 *frame, size_t length)
{
	__u8 *ip = frame + ip_at, *tcp = frame + tcp_at;
	size_t bytes = length - tcp_at;

	if (family == V4) {
		put(ip + 10, 0, 2);
		put(ip + 10, ~sum(ip, tcp_at - ip_at, 0), 2);
	}
	put(tcp + 16, 0, 2);
	put(tcp + 16, ~sum(tcp, bytes, pseudo(ip, bytes)), 2);
}

static size_t make_link(__u8 *at, int tags)
{
	memset(at, 2, 12);
	for (int i = 0; i < tags; i++) {
		put(at + 12 + 4 * i, 0x8100, 2);
		put(at + 14 + 4 * i, 5 + (__u32)i, 2);
	}
	put(at + 12 + 4 * tags, family == V6 ? 0x86dd : 0x0800, 2);
	return 14 + 4 * (size_t)tags;
}

static void make_ip(__u8 *ip, __u32 number, size_t bytes)
{
	memset(ip, 0, 40);
	if (family == V6) {
		put(ip, 0x60012345, 4);
		put(ip + 4, (__u32)(bytes - 40), 2);
		put(ip + 6, 0x0640, 2);
		memset(ip + 8, 0xfd, 32);
		return;
	}
	put(ip, 0x4502, 2);
	put(ip + 2, (__u32)bytes, 2);
	put(ip + 4, 0xfffe + number, 2);
	put(ip + 6, 0x4000, 2);
	put(ip + 8, 0x4006, 2);
	put(ip + 12, 0x0a4d0001, 4);
	put(ip + 16, 0x0a4d0002, 4);
}

static void make_segment(__u32 number, int tags, size_t bytes, __u32 flags)
{
	struct made *m = &made[number];
	__u8 *tcp;

	ip_at = make_link(m->data, tags);
	tcp_at = ip_at + (family == V6 ? 40 : 20);
	data_at = tcp_at + 32;
	m->length = data_at + bytes;
	make_ip(m->data + ip_at, number, m->length - ip_at);
	tcp = m->data + tcp_at;
	put(tcp, 0x1389d431, 4);
	put(tcp + 4, 0xffffff00 + number * MSS, 4);
	put(tcp + 8, 0x12345678, 4);
	put(tcp + 12, 0x8000 | flags, 2);
	put(tcp + 14, 512, 2);
	put(tcp + 18, 0, 2);
	memset(tcp + 20, 1, 12);
	memcpy(m->data + data_at, payload + number * MSS, bytes);
	set_sums(m->data, m->length);
}

static void make(int which, int tags, size_t last_bytes)
{
	family = which;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (__u8)(i * 7 + i / 256);
	for (__u32 i = 0; i < SEGMENTS; i++)
		make_segment(i, tags, i + 1 < SEGMENTS ? MSS : last_bytes,
			     i + 1 < SEGMENTS ? 0x10 : 0x18);
}

/* How many of the segments become one, the first checksum being right. */
static __u32 joins(struct join *join, struct virtio_net_hdr *header)
{
	__u32 count = 1;

	if (!join_begin(join, made[0].data, made[0].length))
		return 0;
	while (count < SEGMENTS &&
	       join_add(join, made[count].data, made[count].length, false))
		count++;
	return join_end(join, header) ? count : 0;
}

/* What the kernel would make of the buffer: segment @number of it. */
static bool cuts_to(const struct join *join, __u32 number)
{
	static __u8 frame[ROOM];
	size_t bytes = join_payload(join, number);
	size_t length = join->head_length + bytes;
	__u8 *ip = frame + join->ip, *tcp = frame + join->tcp;

	memcpy(frame, join->head, join->head_length);
	memcpy(frame + join->head_length, payload + number * MSS, bytes);
	if (family == V6) {
		put(ip + 4, (__u32)(length - join->tcp), 2);
	} else {
		put(ip + 2, (__u32)(length - join->ip), 2);
		put(ip + 4, 0xfffe + number, 2);
	}
	put(tcp + 4, 0xffffff00 + number * MSS, 4);
	if (number + 1 < join->segments)
		tcp[13] &= (__u8)~0x09;
	set_sums(frame, length);
	return length == made[number].length &&
	       !memcmp(frame, made[number].data, length);
}

static bool round_trip(size_t last_bytes)
{
	struct virtio_net_hdr header;
	struct join join;
	const __u8 *ip = join.head;
	size_t total = (SEGMENTS - 1) * MSS + last_bytes;
	bool good = joins(&join, &header) == SEGMENTS && join.bytes == total;

	ip += join.ip;
	good = good && header.gso_size == MSS &&
	       header.gso_type == (family == V6 ? VIRTIO_NET_HDR_GSO_TCPV6 :
						  VIRTIO_NET_HDR_GSO_TCPV4) &&
	       header.hdr_len == join.head_length &&
	       header.csum_start == join.tcp && header.csum_offset == 16;
	/* The checksum of the whole, as the kernel wants it. */
	total += join.head_length - join.tcp;
	good = good && (__u32)(join.head[join.tcp + 16] << 8 |
			       join.head[join.tcp + 17]) == pseudo(ip, total);
	good = good && (family == V6 || sum(ip, 20, 0) == 0xffff);
	for (__u32 i = 0; i < SEGMENTS && good; i++)
		good = cuts_to(&join, i);
	return good;
}

static void check_round_trips(void)
{
	for (int which = V4; which <= V6; which++) {
		for (int tags = 0; tags <= 2; tags++) {
			make(which, tags, 37);
			tap_ok(round_trip(37), "IPv%d, %d tags: there and back",
			       which == V6 ? 6 : 4, tags);
		}
		make(which, 0, MSS);
		tap_ok(round_trip(MSS), "... with a last one of full length");
	}
}

/* A byte of segment 2 that must be the same in all, or follow the one before;
 * its checksums are good. */
static bool stops_at(size_t at, __u8 change)
{
	struct virtio_net_hdr header;
	struct join join;

	made[2].data[at] ^= change;
	set_sums(made[2].data, made[2].length);
	return joins(&join, &header) == 2;
}

static void check_others(void)
{
	static const struct {
		const char *name;
		bool tcp;
		size_t at;
		__u8 change;
	} cases[] = {
		{ "another DSCP", false, 1, 4 },
		{ "another ECN codepoint", false, 1, 1 },
		{ "another number in IPv4", false, 5, 1 },
		{ "a fragment", false, 6, 0x20 },
		{ "another TTL", false, 8, 1 },
		{ "another address", false, 19, 1 },
		{ "another port", true, 1, 1 },
		{ "a gap", true, 7, 1 },
		{ "another acknowledgement", true, 11, 1 },
		{ "SYN", true, 13, 2 },
		{ "RST", true, 13, 4 },
		{ "no ACK", true, 13, 0x10 },
		{ "URG", true, 13, 0x20 },
		{ "ECE", true, 13, 0x40 },
		{ "CWR", true, 13, 0x80 },
		{ "another window", true, 15, 1 },
		{ "other options", true, 31, 3 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		make(V4, 0, 37);
		tap_ok(stops_at((cases[i].tcp ? tcp_at : ip_at) + cases[i].at,
				cases[i].change),
		       "%s: not joined", cases[i].name);
	}
	make(V4, 0, 37);
	tap_ok(stops_at(3, 1), "another link address: not joined");
	make(V6, 0, 37);
	tap_ok(stops_at(ip_at + 3, 1), "another flow label: not joined");
}

static void check_ends(void)
{
	struct virtio_net_hdr header;
	struct join join;

	make(V4, 0, 37);
	make_segment(2, 0, MSS, 0x18);
	tap_ok(joins(&join, &header) == 3, "PSH: the last one");
	make(V4, 0, 37);
	make_segment(2, 0, MSS, 0x11);
	tap_ok(joins(&join, &header) == 3, "FIN: the last one");
	make(V4, 0, 37);
	make_segment(2, 0, MSS - 1, 0x10);
	tap_ok(joins(&join, &header) == 3, "a shorter one: the last one");
	make(V4, 0, 37);
	make_segment(2, 0, MSS + 1, 0x10);
	tap_ok(joins(&join, &header) == 2, "a longer one: not joined");
	make(V4, 0, 37);
	make_segment(0, 0, MSS, 0x18);
	tap_ok(!joins(&join, &header), "PSH in the first one: not joined");
	make(V4, 0, 37);
	make_segment(2, 0, 0, 0x10);
	tap_ok(joins(&join, &header) == 2, "without payload: not joined");
}

static void check_damage(void)
{
	struct virtio_net_hdr header;
	struct join join;

	make(V4, 0, 37);
	made[2].data[data_at + 5] ^= 1;
	tap_ok(joins(&join, &header) == 2, "a wrong checksum: not joined");
	make(V6, 0, 37);
	made[0].data[data_at + 5] ^= 1;
	tap_ok(!joins(&join, &header), "a wrong one in the first: none joined");
	make(V4, 0, 37);
	made[2].data[ip_at + 10] ^= 1;
	tap_ok(joins(&join, &header) == 2, "a wrong one of IPv4: not joined");
	make(V4, 0, 37);
	made[0].data[ip_at + 11] ^= 1;
	tap_ok(!joins(&join, &header), "in the first: none joined");
	make(V4, 0, 37);
	for (size_t length = 0; length < made[0].length; length++)
		if (join_begin(&join, made[0].data, length))
			break;
		else if (length == made[0].length - 1)
			tap_ok(true, "cut short anywhere: not joined");
	made[1].data[ip_at + 9] = 17;
	tap_ok(!join_begin(&join, made[1].data, made[1].length),
	       "UDP: not joined");
}

/* Whatever the bytes are, nothing is read behind them. */
static void check_noise(void)
{
	__u32 seed = 1;

	for (int round = 0; round < 200000; round++) {
		struct join join;
		size_t length, at;
		__u8 *copy;

		make(round & 1, round % 3, 37);
		for (int i = 0; i < 3; i++) {
			seed = seed * 1103515245 + 12345;
			at = (seed >> 8) % data_at;
			made[1].data[at] = (__u8)(seed >> 24);
		}
		length = (seed >> 4) % (made[1].length + 1);
		copy = malloc(length ? length : 1);
		memcpy(copy, made[1].data, length);
		if (join_begin(&join, made[0].data, made[0].length))
			join_add(&join, copy, length, seed & 1);
		join_begin(&join, copy, length);
		free(copy);
	}
	tap_ok(true, "noise does no harm");
}

int main(void)
{
	check_round_trips();
	check_others();
	check_ends();
	check_damage();
	check_noise();
	return tap_done();
}
