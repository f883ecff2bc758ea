/* SPDX-License-Identifier: GPL-2.0-only */
/* Shares of flows, and where the tables of a ruleset are full. */
#include <errno.h>

#include "model/model.c"
#include "model/rnd.h"
#include "lib/pkt.h"
#include "lib/tap.h"

static struct rnd rnd = { 13 };
static struct model *model;
static struct fl_rule rules[MODEL_RULES];

static void check_share(void)
{
	struct fl_rule rule = model_rule("share", FL_DIR_BOTH,
					 FL_IMPAIR_BLACKHOLE, 0);
	struct pkt_spec spec = { .family = 4,
				 .proto = IPPROTO_UDP,
				 .dport = 53 };
	unsigned dropped = 0, differ = 0;
	struct pkt pkt;

	rule.match.present = 1u << FL_FIELD_FLOWS;
	rule.match.flows_u32 = FL_P_ONE / 10 * 3;
	model_load_rules(model, &rule, 1);
	for (unsigned i = 0; i < 10000; i++) {
		__u64 there, back;

		pkt_address4(spec.src, 0x0a000001);
		pkt_address4(spec.dst, 0x0b000000 + i);
		pkt_build(&pkt, &spec);
		model_tc(model, pkt.data, pkt.length, FL_OUT, NULL, &there);
		pkt_address4(spec.dst, 0x0a000001);
		pkt_address4(spec.src, 0x0b000000 + i);
		spec.sport = 53;
		spec.dport = 0;
		pkt_build(&pkt, &spec);
		spec.sport = 0;
		spec.dport = 53;
		model_tc(model, pkt.data, pkt.length, FL_IN, NULL, &back);
		dropped += there == FL_REASON_DROPPED;
		differ += there != back;
	}
	/* 30 % of 10,000: four standard deviations are 183. */
	tap_ok(dropped > 3000 - 183 && dropped < 3000 + 183,
	       "flows 30%%: %u of 10,000 flows", dropped);
	tap_is_u64(differ, 0, "flows 30%%: both directions agree");
}

static int load(size_t count)
{
	return model_load_rules(model, rules, count);
}

static void ask_address(struct fl_rule *rule, enum fl_field field,
			struct fl_prefix *prefix, __u64 low)
{
	rule->match.present |= 1u << field;
	prefix->family = 6;
	prefix->length = 128;
	pkt_address6(prefix->address_be, 0xfd00000000000000, low);
}

/*
 * Two distinct addresses at each end in each rule: four interval ends per rule.
 * "local" and "remote" of any address make each direction a table of its own.
 */
static void check_intervals(void)
{
	__u32 generation;

	for (unsigned i = 0; i < MODEL_RULES; i++) {
		struct fl_match *match = &rules[i].match;

		rules[i] = model_rule("r", FL_DIR_IN, FL_IMPAIR_BLACKHOLE, 0);
		ask_address(&rules[i], FL_FIELD_SRC, &match->src, 12 * i + 8);
		ask_address(&rules[i], FL_FIELD_DST, &match->dst, 12 * i + 12);
		ask_address(&rules[i], FL_FIELD_HOST, &match->host,
			    12 * i + 16);
	}
	ask_address(&rules[0], FL_FIELD_LOCAL, &rules[0].match.local, 0);
	ask_address(&rules[1], FL_FIELD_REMOTE, &rules[1].match.remote, 0);
	rules[0].match.local.length = rules[1].match.remote.length = 0;
	tap_is_u64((__u64)load(MODEL_RULES - 1), 0,
		   "4 times 4,093 address intervals fit");
	generation = model->control.generation;
	tap_is_u64((__u64)load(MODEL_RULES), (__u64)-E2BIG,
		   "4 times 4,097 address intervals: E2BIG");
	tap_is_u64(model->control.generation, generation,
		   "and the old rules stay in force");
}

static struct fl_ports random_ports(void)
{
	__u16 a = (__u16)rnd_u64(&rnd), b = (__u16)rnd_u64(&rnd);

	return (struct fl_ports){ a < b ? a : b, a < b ? b : a };
}

/* Ranges that overlap at random: each interval is a set of its own. */
static void check_sets(void)
{
	const size_t count = 1000;

	for (unsigned i = 0; i < count; i++) {
		rules[i] = model_rule("r", FL_DIR_IN, FL_IMPAIR_BLACKHOLE, 0);
		rules[i].match.present = 1u << FL_FIELD_SPORT |
					 1u << FL_FIELD_DPORT |
					 1u << FL_FIELD_PORT;
		rules[i].match.sport = random_ports();
		rules[i].match.dport = random_ports();
		rules[i].match.port = random_ports();
	}
	tap_is_u64((__u64)load(count), 0, "some 6,000 sets fit");
	for (unsigned i = 0; i < count; i++) {
		rules[i].match.present |= 1u << FL_FIELD_LOCAL_PORT;
		rules[i].match.local_port = random_ports();
	}
	tap_is_u64((__u64)load(count), (__u64)-E2BIG,
		   "some 10,000 sets: E2BIG");
}

static void check_positions(void)
{
	const size_t most = model->maps.sizes.positions;
	static struct compile_rule compiled[MODEL_RULES + FL_GUARDS_MAX + 1];

	rules[0] = model_rule("r", FL_DIR_IN, FL_IMPAIR_BLACKHOLE, 0);
	for (size_t i = 0; i <= most; i++)
		compiled[i].rule = &rules[0];
	tap_is_u64((__u64)compile_ruleset(compiled, most, &model->maps, 0), 0,
		   "as many rules as there are positions fit");
	tap_is_u64((__u64)compile_ruleset(compiled, most + 1, &model->maps, 0),
		   (__u64)-E2BIG, "one more: E2BIG");
}

int main(void)
{
	model = model_new(65536, 0x5eed);
	check_share();
	check_intervals();
	check_sets();
	check_positions();
	model_free(model);
	return tap_done();
}
