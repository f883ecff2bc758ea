/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the packet is in a frame, whatever it is cut off at. */
#include <stdlib.h>
#include <string.h>

#include "replay/link.h"
#include "lib/tap.h"

#define V4 0x0800
#define V6 0x86dd
#define ARP 0x0806
#define NONE 0x88b5

struct frame {
	const char *name;
	__u32 type;
	unsigned char head[24];
	__u32 length; /* of the head */
	__u16 ethertype;
	__u32 at;
};

static const struct frame frames[] = {
	{ "NULL, IPv4", 0, { 2 }, 4, V4, 4 },
	{ "NULL, the other order", 0, { 0, 0, 0, 2 }, 4, V4, 4 },
	{ "NULL, IPv6 of Linux", 0, { 10 }, 4, V6, 4 },
	{ "NULL, IPv6 of FreeBSD", 0, { 28 }, 4, V6, 4 },
	{ "NULL, IPv6 of macOS", 0, { 30 }, 4, V6, 4 },
	{ "NULL, another family", 0, { 7 }, 4, NONE, 4 },
	{ "NULL, no family", 0, { 2, 0, 0, 2 }, 4, NONE, 0 },
	{ "LOOP, IPv6 of OpenBSD", 108, { 0, 0, 0, 24 }, 4, V6, 4 },
	{ "RAW, IPv4", 101, { 0x45 }, 1, V4, 0 },
	{ "RAW, IPv6", 101, { 0x60 }, 1, V6, 0 },
	{ "RAW, neither", 101, { 0x50 }, 1, NONE, 0 },
	{ "IPV4", 228, { 0x45 }, 1, V4, 0 },
	{ "IPV6", 229, { 0x60 }, 1, V6, 0 },
	{ "PPP without HDLC", 9, { 0, 0x21 }, 2, V4, 2 },
	{ "PPP with HDLC", 9, { 0xff, 3, 0, 0x57 }, 4, V6, 4 },
	{ "PPP, short protocol", 9, { 0x21, 0x45 }, 2, V4, 1 },
	{ "PPP with HDLC, short protocol",
	  50,
	  { 0xff, 3, 0x57, 0x60 },
	  4,
	  V6,
	  3 },
	{ "PPP, LCP", 9, { 0xff, 3, 0xc0, 0x21 }, 4, NONE, 4 },
	{ "PPP of pppd, out", 166, { 1, 3, 0, 0x21 }, 4, V4, 4 },
	{ "Cisco's HDLC", 104, { 0x0f, 0, 8, 0 }, 4, V4, 4 },
	{ "Cisco's HDLC, as PPP's", 50, { 0x8f, 0, 0x86, 0xdd }, 4, V6, 4 },
	{ "SLL, IPv4", 113, { 0, 0, 0, 1, 0, 6, [14] = 8, 0 }, 16, V4, 16 },
	{ "SLL, ARP", 113, { 0, 0, 0, 1, 0, 6, [14] = 8, 6 }, 16, ARP, 16 },
	{ "SLL, a tag",
	  113,
	  { 0, 0, 0, 1, 0, 6, [14] = 0x81, 0 },
	  16,
	  0x8100,
	  16 },
	{ "SLL, netlink", 113, { 0, 0, 3, 0x38, [14] = 8, 0 }, 16, NONE, 16 },
	{ "SLL2, IPv6", 276, { 0x86, 0xdd, [9] = 1 }, 20, V6, 20 },
	{ "SLL2, netlink", 276, { 8, 0, [8] = 3, 0x38 }, 20, NONE, 20 },
	{ "802.11", 105, { 8, 0 }, 24, NONE, 0 },
};

/* Cut off, a frame never has its packet earlier or past its end. */
static bool is_safe(const struct frame *f, __u32 length)
{
	/* Of its own size, so that a sanitizer sees what goes past it. */
	unsigned char *part = malloc(length + !length);
	struct link_packet packet;

	memcpy(part, f->head, length);
	link_find(f->type, part, length, &packet);
	free(part);
	return packet.at <= length && !packet.is_ethernet;
}

static void test_frame(const struct frame *f)
{
	struct link_packet packet;
	bool safe = true;

	link_find(f->type, f->head, f->length, &packet);
	tap_ok(packet.at == f->at && packet.ethertype == f->ethertype &&
		       !packet.is_ethernet,
	       "%s: %#x at %u", f->name, packet.ethertype, packet.at);
	for (__u32 length = 0; length < f->length; length++)
		safe &= is_safe(f, length);
	tap_ok(safe, "%s: cut off", f->name);
}

int main(void)
{
	static const unsigned char zeros[14];
	struct link_packet packet;

	for (size_t i = 0; i < sizeof(frames) / sizeof(*frames); i++)
		test_frame(&frames[i]);
	link_find(1, zeros, sizeof(zeros), &packet);
	tap_ok(packet.is_ethernet && !packet.at, "Ethernet: as it is");
	tap_ok(link_is_known(1) && link_is_known(276) && !link_is_known(105),
	       "which are known");
	return tap_done();
}
