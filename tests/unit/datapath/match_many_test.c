/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As many rules as a device can have: each of them is found, by whatever it
 * matches, and they take no room that belongs to others.
 */
#include "model/model.c"
#include "lib/pkt.h"
#include "lib/tap.h"

#define LOCAL 0x0a000001
#define KINDS 6

static struct model *model;
static struct fl_rule rules[FL_RULES_MAX];

static void set_prefix(struct fl_rule *rule, enum fl_field field,
		       struct fl_prefix *prefix, unsigned number, bool v6)
{
	rule->match.present |= 1u << field;
	prefix->family = v6 ? 6 : 4;
	prefix->length = v6 ? 128 : 32;
	if (v6)
		pkt_address6(prefix->address_be, 0xfd00000000000000, number);
	else
		pkt_address4(prefix->address_be, 0x0b000000 + number);
}

static void set_port(struct fl_rule *rule, enum fl_field field,
		     struct fl_ports *ports, __u16 port)
{
	rule->match.present |= 1u << field;
	ports->low = ports->high = port;
}

/* Neighbours have another kind, so that every block has wildcards. */
static void make_rule(unsigned i, unsigned kind, struct fl_rule *rule)
{
	struct fl_match *match = &rule->match;
	__u16 port = (__u16)(1000 + 3 * i);
	char name[FL_NAME_LEN];

	snprintf(name, sizeof(name), "r%u", i);
	*rule = model_rule(name, FL_DIR_BOTH, FL_IMPAIR_BLACKHOLE, 0);
	switch (kind) {
	case 0:
		set_prefix(rule, FL_FIELD_SRC, &match->src, i, false);
		set_port(rule, FL_FIELD_DPORT, &match->dport, port);
		break;
	case 1:
		set_prefix(rule, FL_FIELD_HOST, &match->host, i, false);
		set_port(rule, FL_FIELD_PORT, &match->port, port);
		break;
	case 2:
		set_prefix(rule, FL_FIELD_REMOTE, &match->remote, i, true);
		break;
	case 3:
		set_prefix(rule, FL_FIELD_SRC, &match->src, i, true);
		set_port(rule, FL_FIELD_LOCAL_PORT, &match->local_port, port);
		break;
	case 4:
		set_prefix(rule, FL_FIELD_HOST, &match->host, i, false);
		match->present |= 1u << FL_FIELD_PROTO;
		match->proto = IPPROTO_UDP;
		break;
	case 5:
		set_prefix(rule, FL_FIELD_SRC, &match->src, i, false);
		match->present |= 1u << FL_FIELD_VLAN;
		match->vlan = (__u16)(i % 4096);
		break;
	}
}

/* A packet that comes in and that the rule matches, as no other does. */
static void make_packet(unsigned i, unsigned kind, struct pkt *pkt)
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
		pkt_address4(spec.dst, LOCAL);
	}
	pkt_build(pkt, &spec);
}

/* Whether the rule at place @i has decided a packet of its own. */
static bool is_found(unsigned i, unsigned kind)
{
	__u32 id = model->rules[i].id;
	struct fl_counters sum;
	static struct pkt pkt;
	__u64 fate;

	make_packet(i, kind, &pkt);
	model_tc(model, pkt.data, pkt.length, FL_IN, 1, &fate);
	model_counters(model, id, FL_IN, &sum);
	return (fate & FL_FATE_REASON) == FL_REASON_DROPPED && sum.packets == 1;
}

/* Rules of @kinds kinds, beginning with @first. */
static void check_each(unsigned first, unsigned kinds, const char *what)
{
	unsigned lost = 0, last = 0;
	struct fl_counters sum;

	model = model_new_for(65536, 0x5eed, FL_RULES_MAX);
	for (unsigned i = 0; i < FL_RULES_MAX; i++)
		make_rule(i, first + i % kinds, &rules[i]);
	tap_is_u64((__u64)model_load_rules(model, rules, FL_RULES_MAX), 0,
		   "%u rules, %s: compiled", FL_RULES_MAX, what);
	for (unsigned i = 0; i < FL_RULES_MAX; i++)
		if (!is_found(i, first + i % kinds)) {
			last = i;
			lost++;
		}
	if (!tap_is_u64(lost, 0, "each is found by its packet"))
		tap_diag("not the one at %u", last);
	model_counters(model, FL_ID_UNMATCHED, FL_IN, &sum);
	tap_is_u64(sum.packets, 0, "no packet is left over");
	model_free(model);
}

/* What becomes of the packet of the rule at place @i. */
static __u32 shoot_at(unsigned i)
{
	static struct pkt pkt;
	__u64 fate;

	make_packet(i, i % KINDS, &pkt);
	model_tc(model, pkt.data, pkt.length, FL_IN, 1, &fate);
	return (__u32)(fate & FL_FATE_REASON);
}

/* One rule comes in front of all, and goes again. */
static void check_change(void)
{
	struct fl_rule first = model_rule("first", FL_DIR_BOTH, FL_IMPAIR_LOSS,
					  0);
	const unsigned count = FL_RULES_MAX - 1;

	model = model_new_for(65536, 0x5eed, FL_RULES_MAX);
	for (unsigned i = 0; i < count; i++)
		make_rule(i, i % KINDS, &rules[i]);
	model_load_rules(model, rules, count);
	tap_is_u64(shoot_at(count - 1), FL_REASON_DROPPED, "by the last rule");
	first.prio = 1;
	tap_is_u64((__u64)model_add_rules(model, &first, 1), 0, "one more");
	tap_is_u64(shoot_at(count - 1), FL_REASON_PASSED, "by the first one");
	tap_is_u64((__u64)model_add_rules(model, &first, 1), (__u64)-E2BIG,
		   "there is no room for another");
	model_delete_rule(model, "first");
	tap_is_u64(shoot_at(count - 1), FL_REASON_DROPPED, "by the last again");
	model_free(model);
}

int main(void)
{
	check_each(0, KINDS, "of all kinds");
	check_each(0, 1, "by an address and a port of their own");
	check_each(3, 1, "by IPv6 and a port of their own");
	check_change();
	return tap_done();
}
