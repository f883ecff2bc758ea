/* SPDX-License-Identifier: GPL-2.0-only */
/* Aggregates: headers inside of tunnels, what lets nobody say how long packets
 * are, and what is a tunnel only by its looks. */
#include <string.h>

#include "model/model.c"
#include "lib/pkt.h"
#include "lib/tap.h"
#include "lib/tunnel.h"

#define PAYLOAD 900 /* of the innermost packet */

static struct pkt outer, inner;
static __u32 packets; /* of the last aggregate */

/* A packet of @proto with @payload bytes. */
static void build(struct pkt *pkt, __u8 family, __u8 proto, unsigned payload)
{
	struct pkt_spec spec = {
		.family = family,
		.proto = proto,
		.sport = 40000,
		.dport = 4789,
		.tcp_options = proto == IPPROTO_TCP ? 12 : 0,
		.payload = payload,
	};

	pkt_address4(spec.src, 0x0a000001);
	pkt_address4(spec.dst, 0x0a000002);
	pkt_build(pkt, &spec);
}

/* @outer as an aggregate of @gso. */
static struct fl_parsed split(__u32 gso, __u32 count)
{
	struct fl_frame frame = {
		.data = outer.data,
		.end = outer.data + outer.length,
		.length = (__u32)outer.length,
		.vlan = FL_VLAN_NONE,
	};
	struct fl_parsed packet = { 0 };

	tap_ok(parse_frame(&frame, &packet) == FL_PARSE_IP, "an IP packet");
	packets = wire_split(&frame, &packet, gso, count);
	return packet;
}

/* Four packets, whose headers are all but @PAYLOAD of the frame. */
static void is_split(const char *name)
{
	struct fl_parsed packet = split(250, 0);
	__u32 headers = (__u32)outer.length - 14 - PAYLOAD;

	tap_ok(packets == 4 && packet.length == headers + 250 &&
		       packet.longest == packet.length &&
		       packet.shortest == headers + 150,
	       "%s: packets of %u and one of %u bytes, %u in all", name,
	       packet.length, packet.shortest, packets);
}

/* An 802.1Q tag into the frame. */
static void tag(struct pkt *pkt)
{
	static const __u8 bytes[] = { 0x81, 0, 0, 7 };

	memmove(pkt->data + 16, pkt->data + 12, pkt->length - 12);
	memcpy(pkt->data + 12, bytes, sizeof(bytes));
	pkt->length += sizeof(bytes);
}

static void tunnels(__u8 family, __u8 proto)
{
	for (enum tunnel kind = 0; kind < TUNNELS; kind++) {
		const char *name = tunnel_head(kind)->name;

		build(&inner, family, proto, PAYLOAD);
		tunnel_build(&outer, kind, kind & 1 ? 6 : 4, &inner);
		is_split(name);
		if (tunnel_head(kind)->from)
			continue;
		tag(&inner);
		tunnel_build(&outer, kind, 4, &inner);
		is_split("with a tag inside");
	}
	inner = outer;
	inner.data = inner.store + (outer.data - outer.store);
	tunnel_build(&outer, TUNNEL_VXLAN, 4, &inner);
	is_split("a tunnel in a tunnel");
}

/* A sender who puts a tunnel's packets behind each other is no tunnel device:
 * what looks like one ends before the buffer does. */
static void looks(void)
{
	static const __u8 vxlan[] = { 8, 0, 0, 0, 0, 0, 7, 0 };
	struct fl_parsed packet;
	__u32 each;

	build(&inner, 4, IPPROTO_TCP, 100);
	each = sizeof(vxlan) + (__u32)inner.length;
	build(&outer, 4, IPPROTO_UDP, 3 * each);
	memcpy(outer.data + 42, vxlan, sizeof(vxlan));
	memcpy(outer.data + 42 + sizeof(vxlan), inner.data, inner.length);
	packet = split(each, 3);
	tap_ok(packets == 3 && packet.length == 28 + each &&
		       packet.shortest == packet.length,
	       "UDP_SEGMENT of what looks like VXLAN");
}

static void unknown(void)
{
	struct fl_parsed packet;

	build(&outer, 4, IPPROTO_ESP, 980);
	packet = split(300, 4);
	tap_ok(packets == 4 && packet.length == 250 && packet.longest == 1000 &&
		       packet.shortest == 20,
	       "headers that nobody knows: of any length");
	packet = split(300, 0);
	tap_ok(packets == 4, "in so many packets as there may be");
	build(&outer, 4, IPPROTO_TCP, 100);
	packet = split(100, 0);
	tap_ok(packets == 1 && packet.length == 152,
	       "an aggregate of one packet is one packet");
}

/* The option that says the length is in no packet on the wire. */
static void jumbo(void)
{
	/* So that the IP header is aligned. */
	static __u8 room[2 + 70000] __attribute__((aligned(4)));
	__u8 *frame = room + 2;
	struct fl_frame door = {
		.data = frame,
		.end = frame + 200,
		.length = sizeof(room) - 2,
		.vlan = FL_VLAN_NONE,
	};
	struct fl_parsed packet = { 0 };

	build(&outer, 6, IPPROTO_TCP, 0);
	memcpy(frame, outer.data, 54);
	frame[18] = frame[19] = 0;
	frame[20] = IPPROTO_HOPOPTS;
	frame[54] = IPPROTO_TCP;
	frame[56] = 0xc2;
	frame[57] = 4;
	memcpy(frame + 62, outer.data + 54, 32);
	tap_ok(parse_frame(&door, &packet) == FL_PARSE_IP, "BIG TCP");
	packets = wire_split(&door, &packet, 1000, 0);
	tap_ok(packet.length == 72 + 1000 && packets == 70 &&
		       packet.shortest == 72 + 70000 - 14 - 80 - 69000,
	       "its packets: %u of %u bytes, the last of %u", packets,
	       packet.length, packet.shortest);
}

static void guess(void)
{
	struct fl_parsed packet = {
		.length = 4040,
		.upper = 20,
		.tcp_flags = 0x99,
	};

	packets = fl_wire_guess(&packet, 1500);
	tap_ok(packets == 3 && packet.length == 1500 &&
		       packet.longest == 1500 && packet.shortest == 20 &&
		       packet.tcp_flags == 0x90,
	       "what is longer than the MTU: packets as long as that");
}

int main(void)
{
	tunnels(4, IPPROTO_TCP);
	tunnels(6, IPPROTO_TCP);
	tunnels(4, IPPROTO_UDP);
	tunnels(6, IPPROTO_UDP);
	looks();
	unknown();
	jumbo();
	guess();
	return tap_done();
}
