/* SPDX-License-Identifier: GPL-2.0-only */
/* The flow table when it is full: who makes room, and what is counted of it. */
#include "model/model.c"
#include "model/rnd.h"
#include "model/shoot.h"
#include "lib/tap.h"

#define SEED 99

static struct rnd rnd = { 3 };

static void eviction_conserves(void)
{
	struct model *model = model_new(64, SEED);
	struct shoot_sum sent[FL_SIDES] = { 0 };
	struct fl_tally tally;

	shoot_load(model, model_rule("third", FL_DIR_BOTH, FL_IMPAIR_LOSS,
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

/* A flood of new flows, a tick apart, two for each slot of the set. */
static void flood(struct model *model, __u32 from)
{
	for (__u32 i = 0; i < 2 * FL_FLOW_WAYS; i++) {
		model->clock.jiffies++;
		shoot(model, from + i, FL_IN);
	}
}

/* "nth 10" for one flow. */
static struct fl_rule nth_of(__u32 number)
{
	struct fl_rule rule = model_rule("nth", FL_DIR_IN, FL_IMPAIR_LOSS_NTH,
					 10);

	rule.match.present = 1u << FL_FIELD_REMOTE;
	rule.match.remote.family = 4;
	rule.match.remote.length = 32;
	pkt_address4(rule.match.remote.address_be, 0x0b000000 + number);
	return rule;
}

static __u64 evicted_ruled(const struct model *model)
{
	struct fl_tally tally;

	model_tally(model, FL_IN, &tally);
	return tally.evicted_ruled;
}

/* What matches no rule makes room first, however young. */
static void flows_with_rules_stay(__u32 packets)
{
	struct model *model = model_new(FL_FLOW_WAYS, SEED);

	shoot_load(model, nth_of(1));
	for (__u32 i = 0; i < packets; i++)
		shoot(model, 1, FL_IN);
	flood(model, 100);
	flood(model, 1000);
	tap_is_u64(until_loss(model, 1), 10 - packets,
		   "after %u packets and a flood the number goes on", packets);
	tap_is_u64(evicted_ruled(model), 0, "no flow of a rule was evicted");
	model_free(model);
}

/* Where the rule matches the flood, too: a flow of one packet makes room. */
static void flows_with_numbers_stay(void)
{
	struct model *model = model_new(FL_FLOW_WAYS, SEED);

	shoot_load(model, model_rule("nth", FL_DIR_IN, FL_IMPAIR_LOSS_NTH, 10));
	for (int i = 0; i < 4; i++)
		shoot(model, 1, FL_IN);
	flood(model, 100);
	tap_is_u64(until_loss(model, 1), 6,
		   "the flood's own rule: the number goes on");
	tap_ok(evicted_ruled(model) > FL_FLOW_WAYS / 2,
	       "%llu flows of the flood were evicted", evicted_ruled(model));
	model_free(model);
}

/* They do not keep the table for ever. */
static void flows_with_numbers_end(void)
{
	struct model *model = model_new(FL_FLOW_WAYS, SEED);

	shoot_load(model, model_rule("nth", FL_DIR_IN, FL_IMPAIR_LOSS_NTH, 10));
	for (__u32 i = 0; i < FL_FLOW_WAYS; i++)
		for (int n = 0; n < 4; n++)
			shoot(model, i, FL_IN);
	model->clock.jiffies += FL_FLOW_MIN_AGE - 1;
	shoot(model, 100, FL_IN);
	tap_is_u64(untracked(model), 1, "all have numbers: no room yet");
	model->clock.jiffies++;
	shoot(model, 100, FL_IN);
	tap_ok(untracked(model) == 1 && evicted_ruled(model) == 1,
	       "the one that was idle for longest makes room in the end");
	model_free(model);
}

int main(void)
{
	eviction_conserves();
	young_ones_stay();
	long_idle(2, true);
	long_idle(0x7fffffff, true);
	long_idle(0x80000001, true);
	long_idle(0xfffffffe, false);
	flows_with_rules_stay(1);
	flows_with_rules_stay(4);
	flows_with_numbers_stay();
	flows_with_numbers_end();
	return tap_done();
}
