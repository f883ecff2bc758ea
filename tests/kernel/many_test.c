/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As many rules as a device can have, in the real programs: each decides the
 * packets that are its own.
 */
#include "model/model.c"
#include "model/many.h"

#include "real.h"

#define SLOTS 65536
#define SEED 0x5eed

static struct fl_rule rules[FL_RULES_MAX];
static struct model *model;
static struct real real;

static void load(void)
{
	for (unsigned i = 0; i < FL_RULES_MAX; i++)
		many_rule(i, i % MANY_KINDS, &rules[i]);
	tap_is_u64((__u64)model_load_rules(model, rules, FL_RULES_MAX), 0,
		   "%u rules compile", FL_RULES_MAX);
	real_sync(&real, model);
}

/* One packet of each rule: how many were not dropped. */
static unsigned shoot(bool by_xdp)
{
	static struct pkt pkt;
	unsigned passed = 0;

	for (unsigned i = 0; i < FL_RULES_MAX; i++) {
		int verdict;

		many_packet(i, i % MANY_KINDS, &pkt);
		verdict = by_xdp ? real_xdp(&real, pkt.data, pkt.length, NULL,
					    1) :
				   real_tc(&real, pkt.data, pkt.length, FL_IN,
					   NULL, NULL, 1);
		passed += verdict !=
			  (by_xdp ? (int)MODEL_XDP_DROP : (int)MODEL_TC_SHOT);
	}
	return passed;
}

/* Rules that have not counted @packets. */
static unsigned miscounted(__u64 packets)
{
	struct fl_counters sum;
	unsigned wrong = 0;

	for (unsigned i = 0; i < FL_RULES_MAX; i++) {
		real_counters(&real, model->rules[i].id, FL_IN, &sum);
		wrong += sum.packets != packets ||
			 sum.reason[FL_REASON_DROPPED] != packets;
	}
	return wrong;
}

static void check(const char *what, bool by_xdp)
{
	unsigned passed;

	/* Other ids, and nothing counted yet. */
	load();
	passed = shoot(by_xdp);
	tap_is_u64(passed, 0, "%s: each packet is dropped", what);
	tap_is_u64(miscounted(1), 0, "%s: each by its rule", what);
	passed = shoot(by_xdp);
	tap_is_u64(passed, 0, "%s: and the next one of its flow", what);
	tap_is_u64(miscounted(2), 0, "%s: by the same", what);
}

int main(void)
{
	struct real_options options = { .slots = SLOTS,
					.seed = SEED,
					.rules = FL_RULES_MAX };

	model = model_new_for(SLOTS, SEED, FL_RULES_MAX);
	if (!tap_ok(!real_open(&real, &options), "the programs load"))
		return tap_done();
	check("xdp", true);
	real_close(&real);
	if (!tap_ok(!real_open(&real, &options), "once more"))
		return tap_done();
	check("tc", false);
	real_close(&real);
	model_free(model);
	return tap_done();
}
