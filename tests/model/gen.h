/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random rules and packets out of a small world of addresses and ports, so
 * that they meet often.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <faultline/abi.h>
#include <faultline/category.h>
#include <faultline/decide.h>

#include "lib/pkt.h"
#include "rnd.h"

static inline void gen_address(struct rnd *r, __u8 family, __u8 *address)
{
	static const __u64 highs[] = { 0xfd00000000000000, 0xfd00000000000001,
				       0x20010db8ffffffff, 0 };
	static const __u32 lows[] = { 1, 2, 3, 0x10, 0xffffffff, 0x80000000 };

	if (family == 4)
		pkt_address4(address, 0x0a000000 | rnd_below(r, 2) << 16 |
					      rnd_below(r, 3) << 8 |
					      rnd_below(r, 5));
	else
		pkt_address6(address, highs[rnd_below(r, 4)],
			     lows[rnd_below(r, 6)] | (__u64)rnd_below(r, 2)
							     << 63);
}

static inline void gen_prefix(struct rnd *r, struct fl_prefix *prefix)
{
	static const __u8 lengths[2][8] = {
		{ 0, 1, 8, 15, 24, 30, 31, 32 },
		{ 0, 1, 16, 63, 64, 65, 127, 128 },
	};
	int v6 = rnd_chance(r, 40);

	memset(prefix, 0, sizeof(*prefix));
	prefix->family = v6 ? 6 : 4;
	prefix->length = rnd_chance(r, 40) ? (v6 ? 128 : 32) :
					     lengths[v6][rnd_below(r, 8)];
	gen_address(r, prefix->family, prefix->address_be);
	for (unsigned bit = prefix->length; bit < 128; bit++)
		prefix->address_be[bit / 8] &= (__u8) ~(0x80u >> bit % 8);
}

static inline __u16 gen_port(struct rnd *r)
{
	static const __u16 ports[] = { 0,     1,     53,    80,	   443,	 444,
				       40000, 40001, 40002, 65534, 65535 };

	return ports[rnd_below(r, sizeof(ports) / sizeof(*ports))];
}

static inline struct fl_ports gen_ports(struct rnd *r)
{
	struct fl_ports ports = { gen_port(r), gen_port(r) };

	if (rnd_chance(r, 60) || ports.high < ports.low)
		ports.high = ports.low;
	return ports;
}

static inline __u8 gen_proto(struct rnd *r)
{
	static const __u8 protos[] = { 6, 6, 6, 17, 17, 1, 58, 132, 47 };

	return protos[rnd_below(r, sizeof(protos))];
}

/* ---- values of match fields, by TYPE ------------------------------------ */

static inline void gen_PREFIX(struct rnd *r, struct fl_prefix *value)
{
	gen_prefix(r, value);
}

static inline void gen_PORTS(struct rnd *r, struct fl_ports *value)
{
	*value = gen_ports(r);
}

static inline void gen_PROTO(struct rnd *r, __u8 *value)
{
	*value = gen_proto(r);
}

static inline void gen_VLAN(struct rnd *r, __u16 *value)
{
	*value = (__u16)(rnd_chance(r, 10) ? 4095 : rnd_below(r, 3));
}

static inline void gen_SHARE(struct rnd *r, __u32 *value)
{
	*value = rnd_chance(r, 10) ? 0 :
		 rnd_chance(r, 10) ? FL_P_ONE :
				     (__u32)rnd_u64(r);
}

static inline void gen_DSCP(struct rnd *r, __u8 *value)
{
	*value = (__u8)(rnd_below(r, 3) * 23);
}

static inline void gen_TCPFLAGS(struct rnd *r, struct fl_tcp_flags *value)
{
	value->mask = (__u8)(1 + rnd_below(r, 63));
	value->value = (__u8)rnd_u64(r) & value->mask;
}

static inline void gen_LENGTH(struct rnd *r, struct fl_span *value)
{
	value->low = rnd_below(r, 120);
	value->high = rnd_chance(r, 30) ? 0xffffffff :
					  value->low + rnd_below(r, 60);
}

static inline void gen_PRESENT(struct rnd *r, __u16 *value)
{
	(void)r;
	*value = 1;
}

static inline void gen_COUNT(struct rnd *r, struct fl_span *value)
{
	value->low = 1 + rnd_below(r, 4);
	value->high = rnd_chance(r, 30) ? 0xffffffff :
					  value->low + rnd_below(r, 4);
}

/* Percent of the rules that have a field of the LEVEL. */
#define GEN_FLOW 13
#define GEN_PACKET 23

/* The fields of LEVEL FLOW or PACKET that go with the rule's directions. */
static inline void gen_fields(struct rnd *r, struct fl_rule *rule, bool packet)
{
	struct fl_match *m = &rule->match;

#define FIELD(id, words, type, level, dirs, member, ...)                   \
	if (packet == (FL_PACKET_FIELDS >> FL_FIELD_##id & 1) &&           \
	    !(rule->directions & ~(dirs)) && rnd_chance(r, GEN_##level)) { \
		m->present |= 1u << FL_FIELD_##id;                         \
		gen_##type(r, &m->member);                                 \
	}
#include <faultline/fields.def>
#undef FIELD
}

/* ---- impairments ----------------------------------------- */

/* 0 % and 100 % more often than they would come by themselves. */
static inline __u32 gen_percent(struct rnd *r)
{
	return rnd_chance(r, 20) ? 0 :
	       rnd_chance(r, 20) ? FL_P_ONE :
				   (__u32)rnd_u64(r);
}

/* A parameter within its bounds: small counts meet what they count to. */
static inline __u32 gen_number(struct rnd *r, __u64 min, __u64 max)
{
	__u64 range = max - min < 5 ? max - min + 1 : 5;

	if (max == FL_P_ONE)
		return gen_percent(r);
	return max > min ? (__u32)min + rnd_below(r, (__u32)range) :
			   rnd_below(r, 2);
}

/* What is no number, or is bound by another parameter. */
static inline void gen_special(struct rnd *r, struct fl_impair *impair)
{
	union fl_params *u = &impair->u;

	switch (impair->kind) {
	case FL_IMPAIR_LOSS:
		u->burst.burst_milli = 0;
		break;
	case FL_IMPAIR_LOSS_BURST:
		u->burst.loss_u32 /= 2;
		u->burst.burst_milli = 1000 + rnd_below(r, 9000);
		break;
	case FL_IMPAIR_LOSS_PATTERN:
		u->pattern.length = 1 + rnd_below(r, FL_PATTERN_BITS);
		u->pattern.bits[0] = rnd_u64(r);
		u->pattern.bits[1] = rnd_u64(r);
		break;
	case FL_IMPAIR_LOSS_TRACE:
		u->trace.first = rnd_below(r, 10);
		u->trace.length = 1 + rnd_below(r, 500);
		break;
	case FL_IMPAIR_LOSS_STATE:
		u->state.p14_u32 &= ~u->state.p13_u32;
		u->state.p32_u32 &= ~u->state.p31_u32;
		break;
	case FL_IMPAIR_CORRUPT:
		u->corrupt.part = rnd_below(r, 3);
		break;
	}
}

static inline void gen_params(struct rnd *r, struct fl_impair *impair)
{
	union fl_params *u = &impair->u;
	__u32 number;

#define PARAM(id, member, type, min, max, initial, argument, json, help) \
	if (impair->kind == FL_IMPAIR_##id &&                            \
	    sizeof(u->member) == sizeof(number)) {                       \
		number = gen_number(r, min, max);                        \
		memcpy(&u->member, &number, sizeof(number));             \
	}
#include <faultline/impairs.def>
	gen_special(r, impair);
}

/* The kinds from here on hold packets, which takes devices and time. */
static inline __u32 gen_kinds(void)
{
	__u32 kind = 1;

	while (kind < FL_IMPAIR_KINDS && !fl_is_timing(kind))
		kind++;
	return kind;
}

static inline int gen_fits(const struct fl_rule *rule, __u32 kind)
{
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (fl_exclude(rule->impairs[i].kind, kind))
			return 0;
	return 1;
}

/* One impairment, and now and then more of higher categories. */
static inline void gen_impairs(struct rnd *r, struct fl_rule *rule)
{
	const __u32 kinds = gen_kinds();
	__u32 kind = 1 + rnd_below(r, kinds - 1);

	rule->impair_count = 0;
	do {
		struct fl_impair *impair = &rule->impairs[rule->impair_count++];

		impair->kind = kind;
		if (kind == FL_IMPAIR_FAIL && rule->directions != FL_DIR_OUT)
			impair->kind = FL_IMPAIR_BLACKHOLE;
		gen_params(r, impair);
		fl_prepare(impair);
		while (kind < kinds && !gen_fits(rule, kind))
			kind++;
	} while (kind < kinds && rnd_chance(r, 50));
	if (rnd_chance(r, 20))
		rule->flags |= FL_RULE_SCOPE;
}

/* @number makes the name; expiry_ns, age and prio are the caller's. */
static inline void gen_rule(struct rnd *r, unsigned number,
			    struct fl_rule *rule)
{
	memset(rule, 0, sizeof(*rule));
	snprintf(rule->name, sizeof(rule->name), "r%u", number);
	rule->directions = 1 + rnd_below(r, 3);
	rule->prio = 100;
	rule->seed = rnd_u64(r);
	gen_fields(r, rule, false);
	if (rnd_chance(r, 40))
		gen_fields(r, rule, true);
	gen_impairs(r, rule);
	if (rnd_chance(r, 10))
		rule->flags |= FL_RULE_DRY_RUN;
}

static inline void gen_fragment(struct rnd *r, struct pkt_spec *spec)
{
	spec->fragment = 1;
	spec->payload += 16;
	spec->fragment_at = rnd_below(r, 3);
	spec->fragment_bytes = rnd_chance(r, 50) ? 8 : 0;
	if (spec->family == 6) {
		spec->extension[spec->extensions++] = 44;
		spec->fragment_bytes = 0;
	}
}

static inline void gen_spec(struct rnd *r, struct pkt_spec *spec)
{
	static const __u8 extensions[] = { 0, 43, 51, 60, 135 };

	memset(spec, 0, sizeof(*spec));
	spec->family = rnd_chance(r, 40) ? 6 : 4;
	spec->proto = gen_proto(r);
	gen_address(r, spec->family, spec->src);
	gen_address(r, spec->family, spec->dst);
	spec->sport = gen_port(r);
	spec->dport = gen_port(r);
	spec->vlans = rnd_chance(r, 30) ? 1 + rnd_below(r, 2) : 0;
	for (unsigned i = 0; i < spec->vlans; i++)
		spec->vlan[i] = (__u16)(rnd_chance(r, 10) ? 4095 :
							    rnd_below(r, 3));
	spec->dscp = (__u8)(rnd_below(r, 3) * 23);
	spec->tcp_flags = (__u8)rnd_u64(r) & 63;
	spec->tcp_options = rnd_chance(r, 30) ? 12 : 0;
	/* Echo requests and replies, and others. */
	spec->icmp_type = (__u8)(spec->proto == 58 ? 127 + rnd_below(r, 3) :
						     4 * rnd_below(r, 4));
	spec->icmp_id = gen_port(r);
	spec->payload = rnd_chance(r, 30) ? 0 : rnd_below(r, 100);
	spec->ip_options = rnd_chance(r, 20) ? 4 * (1 + rnd_below(r, 10)) : 0;
	if (spec->family == 6 && rnd_chance(r, 30))
		spec->extension[spec->extensions++] =
			extensions[rnd_below(r, sizeof(extensions))];
	if (rnd_chance(r, 10))
		gen_fragment(r, spec);
}
