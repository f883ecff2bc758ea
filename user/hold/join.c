/* SPDX-License-Identifier: GPL-2.0-only */
#include "join.h"

#include <string.h>

#include <linux/if_ether.h>

#define IP_MAX 65535u
#define IP4_LENGTH 2 /* offsets in the IPv4 header */
#define IP4_ID 4
#define IP4_FRAGMENT 6
#define IP4_PROTOCOL 9
#define IP4_CHECK 10
#define IP4_ADDRESSES 12
#define IP6_HEADER 40
#define IP6_LENGTH 4 /* offsets in the IPv6 header */
#define IP6_NEXT 6
#define IP6_ADDRESSES 8
#define TCP_HEADER 20
#define TCP_SEQUENCE 4 /* offsets in the TCP header */
#define TCP_DATA 12
#define TCP_FLAGS 13
#define TCP_CHECK 16
#define PROTOCOL_TCP 6

#define FLAG_FIN 0x01
#define FLAG_SYN 0x02
#define FLAG_RST 0x04
#define FLAG_PSH 0x08
#define FLAG_URG 0x20
#define FLAG_CWR 0x80
#define FLAGS_LAST (FLAG_FIN | FLAG_PSH) /* of the last one only */
#define FLAGS_ALONE (FLAG_SYN | FLAG_RST | FLAG_URG | FLAG_CWR)

/* Where things are in one segment. */
struct segment {
	const __u8 *frame;
	size_t ip, tcp, payload, end;
	bool v6;
};

static __u32 get16(const __u8 *at)
{
	return (__u32)at[0] << 8 | at[1];
}

static __u32 get32(const __u8 *at)
{
	return get16(at) << 16 | get16(at + 2);
}

static void put16(__u8 *at, __u32 value)
{
	at[0] = (__u8)(value >> 8);
	at[1] = (__u8)value;
}

/* ---- sums -------------------------------------------------------------- */

static __u32 fold(__u64 sum)
{
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 32) + (sum & 0xffffffff);
	sum = (sum >> 16) + (sum & 0xffff);
	sum = (sum >> 16) + (sum & 0xffff);
	return (__u32)((sum >> 16) + (sum & 0xffff));
}

/* Ones' complement sum of 16-bit words, which may be taken in any order of
 * bytes if the result is: eight bytes at once. */
static __u32 sum_bytes(const __u8 *data, size_t length)
{
	__u64 sum = 0, word;

	for (; length >= sizeof(word); length -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		sum += (word & 0xffffffff) + (word >> 32);
		data += sizeof(word);
	}
	word = 0;
	memcpy(&word, data, length);
	sum += (word & 0xffffffff) + (word >> 32);
	return __builtin_bswap16((__u16)fold(sum));
}

/* ---- headers ----------------------------------------------------------- */

static bool parse_link(struct segment *s, size_t length)
{
	size_t at = 2 * ETH_ALEN;
	__u32 type = 0;

	for (int tags = 0; tags <= 2; tags++) {
		if (length < at + 2)
			return false;
		type = get16(s->frame + at);
		if (type != ETH_P_8021Q && type != ETH_P_8021AD)
			break;
		at += 4;
	}
	s->ip = at + 2;
	s->v6 = type == ETH_P_IPV6;
	return type == ETH_P_IP || type == ETH_P_IPV6;
}

static bool parse_ip(struct segment *s, size_t length)
{
	const __u8 *ip = s->frame + s->ip;

	if (length < s->ip + IP6_HEADER)
		return false;
	if (s->v6) {
		s->tcp = s->ip + IP6_HEADER;
		s->end = s->tcp + get16(ip + IP6_LENGTH);
		return ip[IP6_NEXT] == PROTOCOL_TCP;
	}
	s->tcp = s->ip + (ip[0] & 15u) * 4;
	s->end = s->ip + get16(ip + IP4_LENGTH);
	/* A wrong checksum would come out right of a joined packet. */
	return ip[0] >> 4 == 4 && s->tcp >= s->ip + 20 && s->tcp <= length &&
	       sum_bytes(ip, s->tcp - s->ip) == 0xffff &&
	       ip[IP4_PROTOCOL] == PROTOCOL_TCP &&
	       !(get16(ip + IP4_FRAGMENT) & 0x3fff);
}

static bool parse(struct segment *s, const __u8 *frame, size_t length)
{
	s->frame = frame;
	if (!parse_link(s, length) || !parse_ip(s, length) || s->end > length ||
	    s->tcp + TCP_HEADER > s->end)
		return false;
	s->payload = s->tcp + (frame[s->tcp + TCP_DATA] >> 4) * 4u;
	return s->payload >= s->tcp + TCP_HEADER && s->payload < s->end &&
	       !(frame[s->tcp + TCP_FLAGS] & FLAGS_ALONE);
}

/* ---- checksums ---------------------------------------------------------- */

/* Sums the addresses, the protocol and a length of @bytes. */
static __u32 pseudo_sum(const __u8 *ip, bool v6, size_t bytes)
{
	__u32 sum = v6 ? sum_bytes(ip + IP6_ADDRESSES, 32) :
			 sum_bytes(ip + IP4_ADDRESSES, 8);

	return sum + PROTOCOL_TCP + (__u32)bytes;
}

static bool has_right_sum(const struct segment *s)
{
	size_t bytes = s->end - s->tcp;
	__u32 sum = pseudo_sum(s->frame + s->ip, s->v6, bytes);

	return fold(sum + sum_bytes(s->frame + s->tcp, bytes)) == 0xffff;
}

/* ---- joining ------------------------------------------------------------ */

bool join_begin(struct join *join, const __u8 *frame, size_t length)
{
	struct segment s;

	if (!parse(&s, frame, length) || frame[s.tcp + TCP_FLAGS] & FLAGS_LAST)
		return false;
	join->first = frame;
	join->ip = s.ip;
	join->tcp = s.tcp;
	join->head_length = s.payload;
	join->segment_bytes = s.end - s.payload;
	join->bytes = join->segment_bytes;
	join->segments = 1;
	join->closed = false;
	memcpy(join->head, frame, s.payload);
	return true;
}

/* The headers but for what differs from one segment to the next: lengths,
 * numbers, checksums and the flags of the last one. */
static bool has_same_head(const struct join *join, const struct segment *s)
{
	const __u8 *a = join->head, *b = s->frame;
	size_t ip = join->ip, tcp = join->tcp;
	__u32 flags = (__u32)(a[tcp + TCP_FLAGS] ^ b[tcp + TCP_FLAGS]);

	if (s->ip != ip || s->tcp != tcp || s->payload != join->head_length)
		return false;
	if (s->v6 ? memcmp(a, b, ip + IP6_LENGTH) ||
			    memcmp(a + ip + IP6_NEXT, b + ip + IP6_NEXT,
				   tcp - ip - IP6_NEXT) :
		    memcmp(a, b, ip + IP4_LENGTH) ||
			    memcmp(a + ip + IP4_FRAGMENT, b + ip + IP4_FRAGMENT,
				   IP4_CHECK - IP4_FRAGMENT) ||
			    memcmp(a + ip + IP4_ADDRESSES,
				   b + ip + IP4_ADDRESSES,
				   tcp - ip - IP4_ADDRESSES))
		return false;
	return !memcmp(a + tcp, b + tcp, TCP_SEQUENCE) &&
	       !memcmp(a + tcp + TCP_SEQUENCE + 4, b + tcp + TCP_SEQUENCE + 4,
		       TCP_FLAGS - TCP_SEQUENCE - 4) &&
	       !(flags & ~(__u32)FLAGS_LAST) &&
	       !memcmp(a + tcp + TCP_FLAGS + 1, b + tcp + TCP_FLAGS + 1,
		       TCP_CHECK - TCP_FLAGS - 1) &&
	       !memcmp(a + tcp + TCP_CHECK + 2, b + tcp + TCP_CHECK + 2,
		       join->head_length - tcp - TCP_CHECK - 2);
}

/* The numbers that the kernel gives when it cuts a buffer up. */
static bool is_next(const struct join *join, const struct segment *s)
{
	const __u8 *a = join->head, *b = s->frame;
	size_t id = join->ip + IP4_ID, sequence = join->tcp + TCP_SEQUENCE;

	if (!s->v6 &&
	    ((get16(a + id) + join->segments) & 0xffff) != get16(b + id))
		return false;
	return get32(a + sequence) + (__u32)join->bytes == get32(b + sequence);
}

bool join_add(struct join *join, const __u8 *frame, size_t length, bool was_one)
{
	struct segment s;
	size_t bytes;

	if (join->closed || join->segments == JOIN_SEGMENTS ||
	    !parse(&s, frame, length) || !has_same_head(join, &s) ||
	    !is_next(join, &s))
		return false;
	bytes = s.end - s.payload;
	if (bytes > join->segment_bytes ||
	    s.end - s.ip + join->bytes > IP_MAX ||
	    (!was_one && !has_right_sum(&s)))
		return false;
	join->bytes += bytes;
	join->segments++;
	/* PSH and FIN of the whole are the last one's. */
	join->head[join->tcp + TCP_FLAGS] = frame[s.tcp + TCP_FLAGS];
	join->closed = bytes < join->segment_bytes ||
		       frame[s.tcp + TCP_FLAGS] & FLAGS_LAST;
	return true;
}

static void put_ip_length(struct join *join, bool v6, size_t tcp_bytes)
{
	__u8 *ip = join->head + join->ip;
	size_t header = join->tcp - join->ip;

	if (v6) {
		put16(ip + IP6_LENGTH, (__u32)tcp_bytes);
		return;
	}
	put16(ip + IP4_LENGTH, (__u32)(header + tcp_bytes));
	put16(ip + IP4_CHECK, 0);
	put16(ip + IP4_CHECK, ~sum_bytes(ip, header));
}

bool join_end(struct join *join, struct virtio_net_hdr *header)
{
	size_t tcp_bytes = join->head_length - join->tcp + join->bytes;
	bool v6 = join->head[join->ip] >> 4 == 6;
	const struct segment first = {
		.frame = join->first,
		.ip = join->ip,
		.tcp = join->tcp,
		.end = join->head_length + join->segment_bytes,
		.v6 = v6,
	};

	if (!has_right_sum(&first))
		return false;
	put_ip_length(join, v6, tcp_bytes);
	put16(join->head + join->tcp + TCP_CHECK,
	      fold(pseudo_sum(join->head + join->ip, v6, tcp_bytes)));
	memset(header, 0, sizeof(*header));
	header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	header->gso_type = v6 ? VIRTIO_NET_HDR_GSO_TCPV6 :
				VIRTIO_NET_HDR_GSO_TCPV4;
	header->hdr_len = (__u16)join->head_length;
	header->gso_size = (__u16)join->segment_bytes;
	header->csum_start = (__u16)join->tcp;
	header->csum_offset = TCP_CHECK;
	return true;
}
