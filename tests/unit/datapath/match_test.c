/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Property: whatever the rules and packets, the bit vectors and the flow
 * cache choose the rule that a linear scan over the words of the rules does.
 * The scan knows the packet from its description, not from the parser.
 */
#include "stats/filter.h"
#include "model/gen.h"
#include "model/model.c"
#include "lib/tap.h"

#define RULESETS 1000
#define LARGE 12 /* more, of as many rules as there may be */
#define FLOWS 20
#define PACKETS 200 /* per ruleset */
#define SEED 0x5eed

static struct rnd rnd = { 11 };
static struct model *model;
static struct fl_rule rules[FL_RULES_MAX];
static size_t rule_count;

/* What the scan knows of one packet. */
struct shot {
	struct pkt_spec spec;
	struct sample_flow flow;
	enum fl_side side;
	__u32 length; /* of the IP packet */
	__u64 number; /* in its flow and direction, from 0 */
	__u64 hash, place;
	struct fl_parsed parsed;
};

static struct {
	struct sample_flow flow;
	__u64 packets[FL_SIDES];
} seen[FLOWS * PACKETS];
static size_t seen_count;

static struct {
	unsigned packets, matched, conditional, more, expired, shares;
} met;

/* ---- the scan ----------------------------------------- */

static bool later_fragment(const struct pkt_spec *spec)
{
	return spec->fragment && spec->fragment_at;
}

static bool has_ports(const struct pkt_spec *spec)
{
	return !later_fragment(spec) &&
	       (spec->proto == IPPROTO_TCP || spec->proto == IPPROTO_UDP ||
		spec->proto == IPPROTO_SCTP);
}

static bool has_id(const struct pkt_spec *spec)
{
	if (later_fragment(spec))
		return false;
	if (spec->proto == IPPROTO_ICMP && spec->family == 4)
		return spec->icmp_type == 0 || spec->icmp_type == 8;
	return spec->proto == IPPROTO_ICMPV6 && spec->family == 6 &&
	       (spec->icmp_type == 128 || spec->icmp_type == 129);
}

static void describe(const struct pkt_spec *spec, struct shot *shot)
{
	struct sample_flow *f = &shot->flow;
	bool in = shot->side == FL_IN;
	__u16 sport = 0, dport = 0;

	memset(f, 0, sizeof(*f));
	if (has_ports(spec)) {
		sport = (__u16)bpf_htons(spec->sport);
		dport = (__u16)bpf_htons(spec->dport);
	} else if (has_id(spec)) {
		sport = dport = (__u16)bpf_htons(spec->icmp_id);
	}
	f->family = spec->family;
	f->proto = spec->proto;
	f->fragment = later_fragment(spec);
	f->tagged = spec->vlans;
	f->vlan = spec->vlans ? spec->vlan[0] : 0;
	f->local_port_be = in ? dport : sport;
	f->remote_port_be = in ? sport : dport;
	memcpy(f->local_be, in ? spec->dst : spec->src,
	       spec->family == 4 ? 4 : 16);
	memcpy(f->remote_be, in ? spec->src : spec->dst,
	       spec->family == 4 ? 4 : 16);
}

static bool asks(const struct fl_match *m, enum fl_field field)
{
	return m->present >> field & 1;
}

static bool holds_DSCP(const struct fl_match *m, const struct shot *shot)
{
	return shot->spec.dscp == m->dscp;
}

static bool holds_FLAGS(const struct fl_match *m, const struct shot *shot)
{
	return shot->spec.proto == IPPROTO_TCP &&
	       !later_fragment(&shot->spec) &&
	       (shot->spec.tcp_flags & m->flags.mask) == m->flags.value;
}

static bool holds_LEN(const struct fl_match *m, const struct shot *shot)
{
	return shot->length >= m->len.low && shot->length <= m->len.high;
}

static bool holds_PAYLOAD(const struct fl_match *m, const struct shot *shot)
{
	(void)m;
	return has_ports(&shot->spec) && shot->spec.payload > 0;
}

static bool holds_PACKETS(const struct fl_match *m, const struct shot *shot)
{
	return shot->number + 1 >= m->packets.low &&
	       shot->number + 1 <= m->packets.high;
}

/* By the description alone. A field that is not here is asked by its own
 * function; then its vectors say what that should answer. */
static bool (*const own[FL_FIELDS])(const struct fl_match *m,
				    const struct shot *shot) = {
	[FL_FIELD_DSCP] = holds_DSCP,	    [FL_FIELD_FLAGS] = holds_FLAGS,
	[FL_FIELD_LEN] = holds_LEN,	    [FL_FIELD_PAYLOAD] = holds_PAYLOAD,
	[FL_FIELD_PACKETS] = holds_PACKETS,
};

static bool conditions_hold(const struct fl_match *m, const struct shot *shot)
{
	struct fl_rule rule = { .match = *m };
	struct fl_detail detail;

	for (__u32 field = 0; field < FL_FIELDS; field++) {
		if (!asks(m, field) || !own[field])
			continue;
		rule.match.present &= ~(1u << field);
		if (!own[field](m, shot))
			return false;
	}
	compile_detail(&rule, &detail);
	return fl_conditions_hold(&detail.conditions, &shot->parsed,
				  shot->number);
}

static bool in_share(const struct fl_rule *rule, __u64 hash)
{
	if (!asks(&rule->match, FL_FIELD_FLOWS))
		return true;
	met.shares++;
	return fl_chance(rule->match.flows_u32,
			 (__u32)(fl_mix64(hash ^ rule->seed) >> 32));
}

/* Index of the rule for the packet, or rule_count. */
static size_t scan(const struct shot *shot)
{
	__u32 direction = shot->side == FL_IN ? FL_DIR_IN : FL_DIR_OUT;
	size_t i;

	for (i = 0; i < rule_count; i++) {
		const struct fl_rule *rule = &rules[i];
		bool expired = rule->expiry_ns &&
			       model->clock.boot_ns >= rule->expiry_ns;

		if (!(rule->directions & direction) ||
		    !filter_flow(&rule->match, &shot->flow, shot->side) ||
		    !in_share(rule, shot->hash) ||
		    !conditions_hold(&rule->match, shot))
			continue;
		if (!expired)
			break;
		met.expired++;
	}
	return i;
}

/* ---- packets ----------------------------------------- */

/* The same connection, another packet, perhaps the other way. */
static void vary(struct pkt_spec *spec, struct shot *shot)
{
	__u8 address[16];
	__u16 port = spec->sport;

	spec->tcp_flags = (__u8)rnd_u64(&rnd) & 63;
	spec->dscp = (__u8)(rnd_below(&rnd, 3) * 23);
	if (!spec->fragment)
		spec->payload = rnd_chance(&rnd, 30) ? 0 : rnd_below(&rnd, 100);
	shot->side = rnd_below(&rnd, FL_SIDES);
	if (rnd_chance(&rnd, 50)) {
		memcpy(address, spec->src, 16);
		memcpy(spec->src, spec->dst, 16);
		memcpy(spec->dst, address, 16);
		spec->sport = spec->dport;
		spec->dport = port;
	}
	shot->spec = *spec;
	describe(spec, shot);
}

static __u64 take_number(const struct shot *shot)
{
	size_t i;

	for (i = 0; i < seen_count; i++)
		if (!memcmp(&seen[i].flow, &shot->flow, sizeof(shot->flow)))
			break;
	if (i == seen_count) {
		memset(&seen[i], 0, sizeof(seen[i]));
		seen[i].flow = shot->flow;
		seen_count++;
	}
	return seen[i].packets[shot->side]++;
}

static void parse_shot(const struct pkt *pkt, struct shot *shot)
{
	struct fl_frame frame = { .data = pkt->data,
				  .end = pkt->data + pkt->length,
				  .length = (__u32)pkt->length,
				  .vlan = FL_VLAN_NONE };
	struct fl_key key = { 0 };

	if (parse_frame(&frame, &shot->parsed) != FL_PARSE_IP)
		abort();
	key_make(&shot->parsed, shot->side, SEED, fl_secret(SEED), &key);
	shot->hash = key_identity(&key);
	shot->place = key.hash;
	shot->length = (__u32)pkt->length - 14 - 4 * shot->spec.vlans;
}

static void count_cache(__u64 place)
{
	__u32 home = (__u32)(place >> 32) & model->slot_mask &
		     ~(FL_FLOW_WAYS - 1u);

	for (__u32 way = 0; way < FL_FLOW_WAYS; way++)
		for (__u32 side = 0; side < FL_SIDES; side++)
			met.more +=
				model_side(model, home + way, side)->cand[3] ==
				FL_CAND_MORE;
}

/* ---- the property ----------------------------------------- */

static __u64 counted(__u32 id, enum fl_side side)
{
	struct fl_counters sum;

	model_counters(model, id, side, &sum);
	return sum.packets;
}

/* Whether the model chose as the scan did, by both ways. */
static bool check_shot(struct pkt_spec *spec)
{
	static struct pkt pkt;
	struct shot shot;
	__u32 want, slow;
	__u64 before;
	size_t rule;

	vary(spec, &shot);
	pkt_build(&pkt, spec);
	parse_shot(&pkt, &shot);
	shot.number = take_number(&shot);
	rule = scan(&shot);
	want = rule < rule_count ? model_rule_id(model, rules[rule].name) :
				   FL_ID_UNMATCHED;
	slow = match_packet(shot.side, &shot.parsed, shot.number, shot.hash);
	slow = slow == FL_CAND_NONE ? FL_ID_UNMATCHED :
				      model->actions[slow & FL_HANDLE_MASK].id;
	before = counted(want, shot.side);
	model_tc(model, pkt.data, pkt.length, shot.side, NULL, NULL);
	met.packets++;
	met.matched += rule < rule_count;
	met.conditional += rule < rule_count &&
			   (rules[rule].match.present & FL_PACKET_FIELDS) != 0;
	count_cache(shot.place);
	if (slow == want && counted(want, shot.side) == before + 1)
		return true;
	tap_diag("rule %zu of %zu expected, side %u, number %llu, slow id %u",
		 rule, rule_count, shot.side, shot.number, slow);
	return false;
}

static size_t count_rules(unsigned round)
{
	if (round < 3)
		return round;
	if (round % 12 == 0)
		return MODEL_RULES - rnd_below(&rnd, 2) * rnd_below(&rnd, 900);
	return 1 + rnd_below(&rnd, 60);
}

/* Every fourth ruleset is mostly about packets: many candidates per flow. */
static void make_rules(unsigned round)
{
	rule_count = count_rules(round);
	for (size_t i = 0; i < rule_count; i++) {
		gen_rule(&rnd, (unsigned)i, &rules[i]);
		if (round % 4 == 0) {
			rules[i].match.present = 0;
			gen_fields(&rnd, &rules[i], true);
			if (!rules[i].match.present)
				rules[i].match.present = 1u << FL_FIELD_LEN;
		}
		rules[i].age = i + 1;
		if (rnd_chance(&rnd, 15))
			rules[i].expiry_ns = model->clock.boot_ns +
					     rnd_below(&rnd, PACKETS);
	}
}

/* Not a first fragment of eight bytes: no L4 header, hence unparsed. */
static void gen_whole(struct pkt_spec *spec)
{
	do
		gen_spec(&rnd, spec);
	while (spec->fragment && !spec->fragment_at);
}

static bool check_ruleset(unsigned round)
{
	struct pkt_spec flows[FLOWS];

	if (model_load_rules(model, rules, rule_count)) {
		tap_diag("%zu rules do not compile", rule_count);
		return false;
	}
	/* Numbers begin anew, in a table without flows. */
	memset(model->flows, 0, sizeof(*model->flows) * (model->slot_mask + 1));
	memset(model->flows_out, 0,
	       sizeof(*model->flows_out) * (model->slot_mask + 1));
	memset(model->more, 0, sizeof(*model->more) * (model->slot_mask + 1));
	seen_count = 0;
	for (unsigned i = 0; i < FLOWS; i++)
		gen_whole(&flows[i]);
	for (unsigned i = 0; i < PACKETS; i++) {
		model->clock.boot_ns++;
		if (!check_shot(&flows[rnd_below(&rnd, FLOWS)])) {
			tap_diag("ruleset %u of %zu rules, packet %u", round,
				 rule_count, i);
			return false;
		}
	}
	return true;
}

/*
 * As many rules as there may be, of which few match: they are far apart. The
 * others are of addresses that no packet has.
 */
static void make_sparse(void)
{
	rule_count = FL_RULES_MAX - rnd_below(&rnd, 2) * rnd_below(&rnd, 9000);
	for (size_t i = 0; i < rule_count; i++) {
		struct fl_match *match = &rules[i].match;

		gen_rule(&rnd, (unsigned)i, &rules[i]);
		rules[i].age = i + 1;
		if (rnd_chance(&rnd, 15))
			rules[i].expiry_ns = model->clock.boot_ns +
					     rnd_below(&rnd, PACKETS);
		if (rnd_below(&rnd, 500) < 2)
			continue;
		match->present |= 1u << FL_FIELD_REMOTE;
		match->remote = (struct fl_prefix){ .family = 4, .length = 32 };
		pkt_address4(match->remote.address_be, 0xc0000000 + (__u32)i);
	}
}

static void check_large(void)
{
	unsigned wrong = 0, packets = met.packets, matched = met.matched;
	struct model *small = model;

	model = model_new_for(4096, SEED, FL_RULES_MAX);
	for (unsigned round = 0; round < LARGE && !wrong; round++) {
		make_sparse();
		wrong += !check_ruleset(round);
	}
	tap_ok(!wrong, "%u rulesets of up to %u rules: the same", LARGE,
	       FL_RULES_MAX);
	tap_ok(met.matched - matched > (met.packets - packets) / 10,
	       "and rules matched: %u of %u packets", met.matched - matched,
	       met.packets - packets);
	model_free(model);
	model = small;
	model_enter(model, 0);
}

static void check_rulesets(void)
{
	unsigned wrong = 0, round;

	for (round = 0; round < RULESETS && wrong < 3; round++) {
		make_rules(round);
		wrong += !check_ruleset(round);
	}
	tap_ok(!wrong, "%u rulesets, %u packets: the rule of a linear scan",
	       round, met.packets);
	tap_diag("%u matched, %u by conditions, %u expired rules passed over, "
		 "%u shares, %u flows with too many candidates",
		 met.matched, met.conditional, met.expired, met.shares,
		 met.more);
	tap_ok(met.matched > met.packets / 4 && met.conditional > 1000 &&
		       met.expired > 1000 && met.shares > 1000 &&
		       met.more > 1000,
	       "every kind of rule was met");
}

int main(void)
{
	model = model_new(4096, SEED);
	check_rulesets();
	check_large();
	model_free(model);
	return tap_done();
}
