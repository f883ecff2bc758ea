/* SPDX-License-Identifier: GPL-2.0-only */
/* The flow table: orientation, eviction, numbers, generations. */
#include "model/model.c"
#include "model/rnd.h"
#include "model/shoot.h"
#include "lib/tap.h"

#define SEED 99

static struct rnd rnd = { 3 };

static void load_one(struct model *model, struct fl_rule rule)
{
	tap_is_u64((__u64)model_load_rules(model, &rule, 1), 0, "rule %s",
		   rule.name);
}

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

/* ---- eviction ----------------------------------------- */

static void eviction_conserves(void)
{
	struct model *model = model_new(64, SEED);
	struct shoot_sum sent[FL_SIDES] = { 0 };
	struct fl_tally tally;

	load_one(model, model_rule("third", FL_DIR_BOTH, FL_IMPAIR_LOSS,
				   FL_P_ONE / 3));
	for (unsigned i = 0; i < 100000; i++) {
		__u32 side = rnd_below(&rnd, FL_SIDES);
		__u32 reason = shoot(model, rnd_below(&rnd, 500), side);

		sent[side].packets++;
		sent[side].dropped += reason == FL_REASON_DROPPED;
		if (i % 50 == 0)
			model->clock.jiffies++;
	}
	for (__u32 side = 0; side < FL_SIDES; side++) {
		struct shoot_sum sum = shoot_total(model, side);

		model_tally(model, side, &tally);
		tap_is_u64(sum.packets, sent[side].packets,
			   "side %u: no packet gets lost by eviction", side);
		tap_is_u64(sum.bytes, sent[side].packets * SHOOT_BYTES,
			   "side %u: no byte", side);
		tap_is_u64(sum.dropped, sent[side].dropped, "side %u: no drop",
			   side);
		tap_ok(tally.evicted_packets && tally.untracked_packets,
		       "side %u: %llu were evicted, %llu untracked", side,
		       tally.evicted_packets, tally.untracked_packets);
	}
	model_tally(model, FL_IN, &tally);
	tap_ok(tally.evicted_flows > 1000, "%llu flows evicted",
	       tally.evicted_flows);
	model_free(model);
}

static __u64 untracked(const struct model *model)
{
	struct fl_tally tally;

	model_tally(model, FL_IN, &tally);
	return tally.untracked_packets;
}

static void young_ones_stay(void)
{
	struct model *model = model_new(FL_FLOW_WAYS, SEED);
	struct fl_tally tally;

	for (__u32 i = 0; i < FL_FLOW_WAYS; i++)
		shoot(model, i, FL_IN);
	tap_is_u64(shoot_used(model), FL_FLOW_WAYS, "the set is full");
	shoot(model, 100, FL_IN);
	tap_is_u64(untracked(model), 1, "no room among flows of this tick");
	model->clock.jiffies++;
	shoot(model, 100, FL_IN);
	tap_is_u64(untracked(model), 2, "nor of the one before");
	for (__u32 i = 0; i < FL_FLOW_WAYS; i++)
		if (i != 5)
			shoot(model, i, FL_IN);
	model->clock.jiffies++;
	shoot(model, 100, FL_IN);
	tap_ok(untracked(model) == 2 && shoot_slot(model, 100) >= 0,
	       "a flow two ticks old makes room");
	tap_ok(shoot_slot(model, 5) < 0, "it was the oldest");
	model_tally(model, FL_IN, &tally);
	tap_ok(tally.evicted_flows == 1 && tally.evicted_packets == 1 &&
		       tally.evicted_bytes == SHOOT_BYTES,
	       "its counts are folded");
	model_free(model);
}

/* Ticks are 32 bits: 49.7 days where there are 1,000 a second. */
static void long_idle(__u32 ticks, bool evictable)
{
	struct model *model = model_new(FL_FLOW_WAYS, SEED);

	for (__u32 i = 0; i < FL_FLOW_WAYS; i++)
		shoot(model, i, FL_IN);
	model->clock.jiffies += ticks;
	shoot(model, 100, FL_IN);
	tap_ok(untracked(model) == !evictable,
	       "flows idle for %#x ticks %smake room", ticks,
	       evictable ? "" : "do not ");
	model_free(model);
}

/* ---- numbers of rules ----------------------------------------- */

/* Sends packets until one is lost; how many that took. */
static unsigned until_loss(struct model *model, __u32 number)
{
	unsigned sent = 1;

	while (shoot(model, number, FL_IN) == FL_REASON_PASSED && sent < 100)
		sent++;
	return sent;
}

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
	load_one(model, nth);
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

	load_one(model, nth);
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

	load_one(model,
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
	eviction_conserves();
	young_ones_stay();
	long_idle(2, true);
	long_idle(0x7fffffff, true);
	long_idle(0x80000001, true);
	long_idle(0xfffffffe, false);
	states_survive();
	states_restart();
	two_states();
	generations_wrap();
	numbers_wrap();
	numbers_stop();
	return tap_done();
}
