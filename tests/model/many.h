/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As many rules as a device can have, of several kinds, and for each a packet
 * that it alone matches. Needs model.c.
 */
#pragma once

#include "lib/pkt.h"
#include "model.h"

#define MANY_LOCAL 0x0a000001
#define MANY_KINDS 6

static inline void many_prefix(struct fl_rule *rule, enum fl_field field,
			       struct fl_prefix *prefix, unsigned number,
			       bool v6)
{
	rule->match.present |= 1u << field;
	prefix->family = v6 ? 6 : 4;
	prefix->length = v6 ? 128 : 32;
	if (v6)
		pkt_address6(prefix->address_be, 0xfd00000000000000, number);
	else
		pkt_address4(prefix->address_be, 0x0b000000 + number);
}

static inline void many_port(struct fl_rule *rule, enum fl_field field,
			     struct fl_ports *ports, __u16 port)
{
	rule->match.present |= 1u << field;
	ports->low = ports->high = port;
}

/* Neighbours have another kind, so that every block has wildcards. */
static inline void many_rule(unsigned i, unsigned kind, struct fl_rule *rule)
{
	struct fl_match *match = &rule->match;
	__u16 port = (__u16)(1000 + 3 * i);
	char name[FL_NAME_LEN];

	snprintf(name, sizeof(name), "r%u", i);
	*rule = model_rule(name, FL_DIR_BOTH, FL_IMPAIR_BLACKHOLE, 0);
	switch (kind) {
	case 0:
		many_prefix(rule, FL_FIELD_SRC, &match->src, i, false);
		many_port(rule, FL_FIELD_DPORT, &match->dport, port);
		break;
	case 1:
		many_prefix(rule, FL_FIELD_HOST, &match->host, i, false);
		many_port(rule, FL_FIELD_PORT, &match->port, port);
		break;
	case 2:
		many_prefix(rule, FL_FIELD_REMOTE, &match->remote, i, true);
		break;
	case 3:
		many_prefix(rule, FL_FIELD_SRC, &match->src, i, true);
		many_port(rule, FL_FIELD_LOCAL_PORT, &match->local_port, port);
		break;
	case 4:
		many_prefix(rule, FL_FIELD_HOST, &match->host, i, false);
		match->present |= 1u << FL_FIELD_PROTO;
		match->proto = IPPROTO_UDP;
		break;
	case 5:
		many_prefix(rule, FL_FIELD_SRC, &match->src, i, false);
		match->present |= 1u << FL_FIELD_VLAN;
		match->vlan = (__u16)(i % 4096);
		break;
	}
}

/* A packet that comes in and that the rule matches, as no other does. */
static inline void many_packet(unsigned i, unsigned kind, struct pkt *pkt)
{
	bool v6 = kind == 2 || kind == 3;
	struct pkt_spec spec = {
		.family = v6 ? 6 : 4,
		.proto = IPPROTO_UDP,
		.sport = 7,
		.dport = (__u16)(1000 + 3 * i),
		.vlans = kind == 5,
		.vlan = { (__u16)(i % 4096) },
	};

	if (v6) {
		pkt_address6(spec.src, 0xfd00000000000000, i);
		pkt_address6(spec.dst, 0xfc00000000000000, 1);
	} else {
		pkt_address4(spec.src, 0x0b000000 + i);
		pkt_address4(spec.dst, MANY_LOCAL);
	}
	pkt_build(pkt, &spec);
}
