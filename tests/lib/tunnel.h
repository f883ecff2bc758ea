/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames inside of other frames, as tunnels make them. */
#pragma once

#include <string.h>

#include <linux/in.h>

#include "pkt.h"

enum tunnel {
	TUNNEL_IP,  /* in IP */
	TUNNEL_GRE, /* with checksum, key and number */
	TUNNEL_TEB, /* Ethernet in GRE */
	TUNNEL_VXLAN,
	TUNNEL_GENEVE, /* with an option */
	TUNNEL_UDP,    /* IP behind UDP */
	TUNNELS
};

struct tunnel_head {
	const char *name;
	__u8 proto, size, from; /* from: of the inner frame, what is carried */
	__u8 bytes[16];
};

static inline const struct tunnel_head *tunnel_head(enum tunnel kind)
{
	static const struct tunnel_head heads[TUNNELS] = {
		[TUNNEL_IP] = { "IP in IP", IPPROTO_IPIP, 0, 14, { 0 } },
		[TUNNEL_GRE] = { "GRE",
				 IPPROTO_GRE,
				 16,
				 14,
				 { 0xb0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 } },
		[TUNNEL_TEB] = { "Ethernet in GRE",
				 IPPROTO_GRE,
				 4,
				 0,
				 { 0, 0, 0x65, 0x58 } },
		[TUNNEL_VXLAN] = { "VXLAN",
				   IPPROTO_UDP,
				   8,
				   0,
				   { 8, 0, 0, 0, 0, 0, 7 } },
		[TUNNEL_GENEVE] = { "Geneve",
				    IPPROTO_UDP,
				    16,
				    0,
				    { 2, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 1, 1,
				      1 } },
		[TUNNEL_UDP] = { "IP behind UDP", IPPROTO_UDP, 0, 14, { 0 } },
	};

	return &heads[kind];
}

/* @outer becomes a packet of @family around the frame @inner, or around the IP
 * packet in it, which has no tags then. */
static inline void tunnel_build(struct pkt *outer, enum tunnel kind,
				__u8 family, const struct pkt *inner)
{
	const struct tunnel_head *head = tunnel_head(kind);
	size_t start = 14u + (family == 4 ? 20u : 40u) +
		       (head->proto == IPPROTO_UDP ? 8u : 0u);
	size_t rest = inner->length - head->from;
	struct pkt_spec spec = {
		.family = family,
		.proto = head->proto,
		.sport = 40000,
		.dport = 4789,
		.payload = (unsigned)(head->size + rest),
	};

	if (kind == TUNNEL_IP && inner->data[12] == 0x86)
		spec.proto = IPPROTO_IPV6;
	pkt_address4(spec.src, 0x0a000001);
	pkt_address4(spec.dst, 0x0a000002);
	pkt_build(outer, &spec);
	memcpy(outer->data + start, head->bytes, head->size);
	memcpy(outer->data + start + head->size, inner->data + head->from,
	       rest);
	if (kind == TUNNEL_GRE)
		memcpy(outer->data + start + 2, inner->data + 12, 2);
}
