/* SPDX-License-Identifier: GPL-2.0-only */
/* The flow table: orientation, numbers, generations. */
#include "model/model.c"
#include "model/shoot.h"
#include "lib/tap.h"

#define SEED 99

/* ---- one entry for both directions -----------------------------------------
 */

static void turn(struct pkt_spec *spec)
{
	struct pkt_spec back = *spec;

	memcpy(back.src, spec->dst, sizeof(back.src));
	memcpy(back.dst, spec->src, sizeof(back.dst));
	back.sport = spec->dport;
	back.dport = spec->sport;
	if (spec->family == 4 && spec->icmp_type == 8)
		back.icmp_type = 0;
	if (spec->icmp_type == 128)
		back.icmp_type = 129;
	*spec = back;
}

static bool has_reverse(const struct pkt_spec *spec)
{
	return spec->family && spec->vlans < 3 && spec->icmp_type != 135;
}

static void both_directions(void)
{
	for (unsigned i = 0; pkt_sample(i); i++) {
		struct pkt_spec spec = *pkt_sample(i);
		struct model *model;
		struct pkt pkt;
		__u32 slot = 0;

		if (!has_reverse(&spec))
			continue;
		model = model_new(64, SEED);
		pkt_build(&pkt, &spec);
		model_tc(model, pkt.data, pkt.length, FL_IN, NULL, NULL);
		turn(&spec);
		pkt_build(&pkt, &spec);
		model_tc(model, pkt.data, pkt.length, FL_OUT, NULL, NULL);
		while (slot < 63 && !model->flows[slot].tuple)
			slot++;
		tap_ok(shoot_used(model) == 1 &&
			       model_counted(model, slot, FL_IN).packets == 1 &&
			       model_counted(model, slot, FL_OUT).packets ==
				       1 &&
			       model_counted(model, slot, FL_OUT).bytes ==
				       pkt.length,
		       "%s: one entry, a packet each way", pkt_sample_name(i));
		model_free(model);
	}
}

/* ---- numbers of rules ----------------------------------------- */

static void states_survive(void)
{
	struct model *model = model_new(64, SEED);
	struct fl_rule nth = model_rule("nth", FL_DIR_IN, FL_IMPAIR_LOSS_NTH,
					10);
	struct fl_rule other = model_rule("other", FL_DIR_IN,
					  FL_IMPAIR_BLACKHOLE, 0);

	/* A candidate of the flow, though none of its packets. */
	other.match.present = 1u << FL_FIELD_LEN;
	other.match.len.low = 1000;
	other.match.len.high = 2000;
	shoot_load(model, nth);
	for (int i = 0; i < 4; i++)
		shoot(model, 1, FL_IN);
	other.prio = 1;
	model_add_rules(model, &other, 1);
	tap_is_u64(until_loss(model, 1), 6,
		   "the number goes on when a rule is added in front");
	for (int i = 0; i < 4; i++)
		shoot(model, 1, FL_IN);
	model_delete_rule(model, "other");
	tap_is_u64(until_loss(model, 1), 6, "and when one is deleted");
	model_free(model);
}

static void states_restart(void)
{
	struct model *model = model_new(64, SEED);
	struct fl_rule nth = model_rule("nth", FL_DIR_IN, FL_IMPAIR_LOSS_NTH,
					10);
	__u32 id;

	shoot_load(model, nth);
	for (int i = 0; i < 4; i++)
		shoot(model, 1, FL_IN);
	model_delete_rule(model, "nth");
	model_add_rules(model, &nth, 1);
	tap_is_u64(until_loss(model, 1), 10,
		   "the number begins anew when the rule is replaced");
	for (int i = 0; i < 4; i++)
		shoot(model, 1, FL_IN);
	id = model_rule_id(model, "nth");
	model_delete_rule(model, "nth");
	model->next_id = id - FL_ID_FIRST;
	model_add_rules(model, &nth, 1);
	tap_is_u64(model_rule_id(model, "nth"), id, "the same id again");
	tap_is_u64(until_loss(model, 1), 10, "is another rule all the same");
	model_free(model);
}

/* Rules that count packets beginning with the flow's third. */
static struct fl_rule numbered_from(const char *name, __u32 low, __u32 high,
				    __u32 period)
{
	struct fl_rule rule = model_rule(name, FL_DIR_IN, FL_IMPAIR_LOSS_NTH,
					 period);

	rule.match.present = 1u << FL_FIELD_PACKETS;
	rule.match.packets.low = low;
	rule.match.packets.high = high;
	return rule;
}

static void two_states(void)
{
	struct model *model = model_new(64, SEED);
	struct fl_rule rules[] = {
		numbered_from("a", 1, 3, 50),
		numbered_from("b", 4, 0xffffffff, 10),
	};
	struct fl_rule before = numbered_from("c", 1000, 1001, 2);

	model_load_rules(model, rules, 2);
	for (int i = 0; i < 8; i++)
		shoot(model, 1, FL_IN);
	tap_ok(model_side(model, (__u32)shoot_slot(model, 1), FL_IN)
				       ->state[0] == 3 &&
		       model_side(model, (__u32)shoot_slot(model, 1), FL_IN)
				       ->state[1] == 5,
	       "two numbered rules of a flow have a number each");
	model_delete_rule(model, "a");
	shoot(model, 1, FL_IN);
	tap_is_u64(
		model_side(model, (__u32)shoot_slot(model, 1), FL_IN)->state[0],
		6, "the second's moves up when the first rule goes");
	before.prio = 1;
	model_add_rules(model, &before, 1);
	tap_is_u64(until_loss(model, 1), 4,
		   "and down when one comes in front: the tenth is lost");
	model_free(model);
}

/* Generations through the end of their range, a rule change each. */
static void generations_wrap(void)
{
	struct model *model = model_new(64, SEED);
	struct fl_rule rule = model_rule("x", FL_DIR_IN, FL_IMPAIR_BLACKHOLE,
					 0);
	unsigned wrong = 0, same_half = 0;

	model->control.generation = FL_GEN_LAST - 5;
	for (unsigned i = 0; i < 12; i++) {
		__u32 before = model->control.generation;

		if (i % 2)
			model_load_rules(model, NULL, 0);
		else
			model_load_rules(model, &rule, 1);
		same_half += ((model->control.generation ^ before) & 1) == 0;
		for (int packet = 0; packet < 2; packet++)
			wrong += shoot(model, 1, FL_IN) !=
				 (i % 2 ? FL_REASON_PASSED : FL_REASON_DROPPED);
	}
	tap_ok(model->control.generation < 20, "the generation wrapped to %u",
	       model->control.generation);
	tap_is_u64(wrong, 0, "every packet saw the rules in force");
	tap_is_u64(same_half, 0, "no ruleset was written over itself");
	model_free(model);
}

/* Where the last drops_from() left the number. */
static __u32 number_after;

/* Drops after the number of @rule has reached @from; bit per packet. */
static __u64 drops_from(struct fl_rule rule, __u32 from)
{
	struct model *model = model_new(64, SEED);
	__u64 drops = 0;

	model_load_rules(model, &rule, 1);
	shoot(model, 1, FL_IN);
	model_side(model, (__u32)shoot_slot(model, 1), FL_IN)->state[0] = from;
	for (int i = 0; i < 64; i++)
		drops |= (__u64)(shoot(model, 1, FL_IN) == FL_REASON_DROPPED)
			 << i;
	number_after =
		model_side(model, (__u32)shoot_slot(model, 1), FL_IN)->state[0];
	model_free(model);
	return drops;
}

static void numbers_wrap(void)
{
	static const __u32 periods[] = { 1, 2, 3, 7, 64, 127, 1000000000 };
	struct fl_rule rule;

	for (unsigned i = 0; i < sizeof(periods) / sizeof(*periods); i++) {
		__u32 period = periods[i];
		__u64 want = 0;

		rule = model_rule("nth", FL_DIR_IN, FL_IMPAIR_LOSS_NTH, period);
		for (__u64 n = 0; n < 64; n++)
			if (((1ull << 31) / period * period + n - 32) %
				    period ==
			    period - 1)
				want |= 1ull << n;
		tap_is_u64(drops_from(rule, rule.impairs[0].wrap_at - 32), want,
			   "nth %u goes on across the wrap", period);
		tap_is_u64(number_after, 32, "nth %u: it was turned back",
			   period);
	}
	rule = model_rule("pattern", FL_DIR_IN, FL_IMPAIR_LOSS_PATTERN, 5);
	rule.impairs[0].u.pattern.bits[0] = 0x13; /* 1 1 0 0 1 */
	tap_is_u64(drops_from(rule, rule.impairs[0].wrap_at - 2),
		   drops_from(rule, 3), "a pattern goes on across the wrap");
	rule = model_rule("first", FL_DIR_IN, FL_IMPAIR_LOSS_FIRST, 1000000000);
	tap_is_u64(drops_from(rule, 1000000000 - 3), 7, "first: three left");
	tap_is_u64(drops_from(rule, (1u << 31) - 2), 0,
		   "first: long over, the number stops and does not wrap");
}

static void numbers_stop(void)
{
	struct model *model = model_new(64, SEED);
	struct fl_flow_side *counts;

	shoot_load(model,
		   model_rule("first", FL_DIR_IN, FL_IMPAIR_LOSS_FIRST, 3));
	shoot(model, 1, FL_IN);
	counts = model_side(model, (__u32)shoot_slot(model, 1), FL_IN);
	counts->state[0] = (1u << 31) - 3;
	for (int i = 0; i < 10; i++)
		shoot(model, 1, FL_IN);
	tap_is_u64(counts->state[0], 1u << 31, "the number stops at 2^31");
	model_free(model);
}

int main(void)
{
	both_directions();
	states_survive();
	states_restart();
	two_states();
	generations_wrap();
	numbers_wrap();
	numbers_stop();
	return tap_done();
}
