/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one CPU may do in the middle of another's packet: at each place where
 * a stage reaches for a map, once, a whole second packet is let through.
 */
#include "model/model.c"
#include "model/shoot.h"
#include "lib/tap.h"

#define PLACES 60 /* more than a packet has */
#define SAFE 7	  /* flow that no rule may harm */

static __u32 side; /* that all packets go */

struct intrusion {
	unsigned place, at; /* at which call; the calls so far */
	__u32 flow;	    /* of the other CPU's packets */
	unsigned packets;
	bool happened;
};

static void intrude(struct model *model, void *context)
{
	struct intrusion *intrusion = context;

	if (intrusion->at++ != intrusion->place)
		return;
	intrusion->happened = true;
	model->pause = NULL;
	model_enter(model, 1);
	for (unsigned i = 0; i < intrusion->packets; i++)
		shoot(model, intrusion->flow, side);
	model_enter(model, 0);
	model->pause = intrude;
}

/* Every flow is blackholed but one. */
static struct model *start(void)
{
	struct model *model = model_new(FL_FLOW_WAYS, 5);
	struct fl_rule rules[] = {
		model_rule("safe", FL_DIR_BOTH, FL_IMPAIR_LOSS, 0),
		model_rule("rest", FL_DIR_BOTH, FL_IMPAIR_BLACKHOLE, 0),
	};

	rules[0].match.present = 1u << FL_FIELD_REMOTE;
	rules[0].match.remote.family = 4;
	rules[0].match.remote.length = 32;
	pkt_address4(rules[0].match.remote.address_be, 0x0b000000 + SAFE);
	model_load_rules(model, rules, 2);
	return model;
}

static __u32 shoot_disturbed(struct model *model, __u32 flow,
			     struct intrusion *intrusion)
{
	__u32 reason;

	model->pause = intrude;
	model->pause_context = intrusion;
	reason = shoot(model, flow, side);
	model->pause = NULL;
	return reason;
}

/* The table is full, the safe flow the oldest, when it gets a packet while
 * the other CPU gives its slot away. */
static void slot_taken_away(void)
{
	unsigned place, harmed = 0, lost = 0, spared = 0, met = 0;

	for (place = 0; place < PLACES; place++) {
		struct intrusion intrusion = { .place = place,
					       .flow = 100,
					       .packets = 3 };
		struct model *model = start();
		struct shoot_sum sum;

		shoot(model, SAFE, side);
		model->clock.jiffies += 5;
		for (__u32 i = 20; i < 20 + FL_FLOW_WAYS - 1; i++)
			shoot(model, i, side);
		model->clock.jiffies += 5;
		harmed += shoot_disturbed(model, SAFE, &intrusion) !=
			  FL_REASON_PASSED;
		met += intrusion.happened;
		sum = shoot_total(model, side);
		lost += sum.packets !=
			FL_FLOW_WAYS + 1u + 3 * intrusion.happened;
		spared += sum.dropped !=
			  FL_FLOW_WAYS - 1u + 3 * intrusion.happened;
		model_free(model);
	}
	tap_ok(met >= 4 && met < PLACES, "%u places to be disturbed at", met);
	tap_is_u64(harmed, 0,
		   "a packet is not decided by another flow's "
		   "rules when its slot is given away under it");
	tap_is_u64(lost, 0, "no packet is lost from the sums");
	tap_is_u64(spared, 0, "nor a drop");
}

static __u64 untracked(const struct model *model)
{
	struct fl_tally tally;

	model_tally(model, FL_IN, &tally);
	return tally.untracked_packets;
}

/* Both CPUs want a place for a new flow. */
static void two_new_flows(void)
{
	unsigned place, evicted = 0, lost = 0, harmed = 0;

	for (place = 0; place < PLACES; place++) {
		struct intrusion intrusion = { .place = place,
					       .flow = 100,
					       .packets = 2 };
		struct model *model = start();
		struct shoot_sum sum;

		/* Both take the oldest, which is the same for both. */
		shoot(model, 20, side);
		model->clock.jiffies++;
		for (__u32 i = 21; i < 20 + FL_FLOW_WAYS; i++)
			shoot(model, i, side);
		model->clock.jiffies += 5;
		harmed += shoot_disturbed(model, SAFE, &intrusion) !=
			  FL_REASON_PASSED;
		/* While the first one writes, the other goes untracked. */
		evicted += intrusion.happened && shoot_slot(model, 100) < 0 &&
			   !untracked(model);
		sum = shoot_total(model, side);
		lost += sum.packets !=
			FL_FLOW_WAYS + 1u + 2 * intrusion.happened;
		model_free(model);
	}
	tap_is_u64(evicted, 0, "a flow that has just come is not evicted");
	tap_is_u64(harmed, 0, "two new flows: each has its own rules");
	tap_is_u64(lost, 0, "two new flows: no packet is lost from the sums");
}

/* Both CPUs have packets of the same new flow. */
static void one_new_flow(void)
{
	unsigned place, twice = 0, lost = 0;

	for (place = 0; place < PLACES; place++) {
		struct intrusion intrusion = { .place = place,
					       .flow = SAFE,
					       .packets = 2 };
		struct model *model = start();
		struct shoot_sum sum;

		shoot_disturbed(model, SAFE, &intrusion);
		twice += shoot_used(model) != 1;
		sum = shoot_total(model, side);
		lost += sum.packets != 1u + 2 * intrusion.happened;
		model_free(model);
	}
	tap_is_u64(twice, 0, "a flow that both CPUs see first has one entry");
	tap_is_u64(lost, 0, "one new flow: no packet is lost from the sums");
}

/* The rules change in the middle: old or new, nothing else. */
static struct model *switching;

static void switch_rules(struct model *model, void *context)
{
	struct intrusion *intrusion = context;
	struct fl_rule rule = model_rule("all", FL_DIR_BOTH,
					 FL_IMPAIR_BLACKHOLE, 0);

	if (intrusion->at++ != intrusion->place)
		return;
	intrusion->happened = true;
	model->pause = NULL;
	model_load_rules(switching, &rule, 1);
}

static void rules_switched(void)
{
	unsigned wrong = 0, stuck = 0, old = 0, new = 0;

	for (unsigned place = 0; place < PLACES; place++) {
		struct intrusion intrusion = { .place = place };
		__u32 reason;

		switching = start();
		shoot(switching, SAFE, side);
		switching->control.generation++; /* to be classified */
		/* By their places in the other half. */
		switching->maps.rulesets[switching->control.generation & 1] =
			switching->maps
				.rulesets[(switching->control.generation ^ 1) &
					  1];
		switching->pause = switch_rules;
		switching->pause_context = &intrusion;
		reason = shoot(switching, SAFE, side);
		switching->pause = NULL;
		wrong += reason != FL_REASON_PASSED &&
			 reason != FL_REASON_DROPPED;
		old += reason == FL_REASON_PASSED;
		new += reason == FL_REASON_DROPPED;
		stuck += intrusion.happened &&
			 shoot(switching, SAFE, side) != FL_REASON_DROPPED;
		model_free(switching);
	}
	tap_ok(!wrong && old && new,
	       "rules switched in the middle: %u by the "
	       "old ones, %u by the new",
	       old, new);
	tap_is_u64(stuck, 0, "the packet after it meets the new rules");
}

int main(void)
{
	for (side = FL_IN; side < FL_SIDES; side++) {
		slot_taken_away();
		two_new_flows();
		one_new_flow();
		rules_switched();
	}
	return tap_done();
}
