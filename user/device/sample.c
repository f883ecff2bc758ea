/* SPDX-License-Identifier: GPL-2.0-only */
/* Device, totals and rules -> the plain structs of sample.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/category.h>

#include "blocks.h"
#include "describe.h"
#include "holdings.h"
#include "kernel/counters.h"
#include "open.h"
#include "ways_state.h"
#include "stats/counters.h"
#include "stats/asked_delay.h"

/* All counters at one moment, or nearly so. */
struct reading {
	struct fl_counters *counts; /* by id * FL_SIDES + side */
	struct fl_holding holdings[FL_HOLD_IDS * FL_SIDES];
	__u64 lost[FL_SIDES];
};

/* Most rules hold nothing, and 7 MB of zeros are not worth a copy. */
static void read_holdings(const struct device *dev, struct reading *r)
{
	for (size_t at = 0; at < FL_HOLD_IDS * FL_SIDES; at++) {
		const struct fl_holding *holding = &dev->holdings[at];

		if (holding->held || holding->released)
			r->holdings[at] = *holding;
	}
}

/*
 * Releases before the counts: a packet that is in the one is in the other, and
 * what is held comes out a little too large rather than below 0.
 */
static int read_counters(struct device *dev, struct reading *r)
{
	int err = holdings_open(dev);

	for (int side = 0; side < FL_SIDES; side++)
		r->lost[side] = ways_lost(dev, (enum fl_side)side);
	if (err)
		return err;
	read_holdings(dev, r);
	return blocks_all_counters(dev, r->counts);
}

/* Sums over all rules, deleted ones too. */
static void fill_delays(const struct reading *r, __u32 side,
			struct sample_totals *t)
{
	struct sample_delays *delays = &t->delays[side];

	for (size_t id = 0; id < FL_HOLD_IDS; id++) {
		const struct fl_holding *holding =
			&r->holdings[id * FL_SIDES + side];

		delays->released += holding->released;
		delays->late += holding->late;
		delays->delay_ns += holding->delay_ns;
	}
	t->lost[side] = r->lost[side];
	counters_release(&t->seen[side], delays->released, t->lost[side]);
}

static int fill_totals(struct device *dev, const struct reading *r,
		       struct sample_totals *t)
{
	const struct fl_counters *all = r->counts;
	int err = 0;

	for (__u32 side = 0; side < FL_SIDES && !err; side++) {
		for (size_t id = 0; id < dev->id_end; id++)
			counters_add(&t->seen[side],
				     &all[id * FL_SIDES + side]);
		counters_settle(&t->seen[side]);
		fill_delays(r, side, t);
		t->unmatched[side] = all[FL_ID_UNMATCHED * FL_SIDES + side];
		t->unparsed[side] = all[FL_ID_UNPARSED * FL_SIDES + side];
		t->exempt[side] = all[FL_ID_EXEMPT * FL_SIDES + side];
		err = tally_read(dev->map[OBJ_TALLIES], side, &t->tally[side]);
	}
	return err;
}

/*
 * What the rule did since it was added. Who lost a packet that was held is
 * not known: all that can be said is that no rule holds more than all do.
 */
static void fill_rule_side(const struct device *dev, const struct reading *r,
			   size_t at, __u64 held_by_all,
			   struct sample_rule *rule)
{
	size_t side = at % FL_SIDES;
	struct fl_counters *counters = &rule->side[side];
	__u64 *held = &counters->reason[FL_REASON_HELD];

	*counters = r->counts[at];
	counters_subtract(counters, &dev->specs[at / FL_SIDES].base[side]);
	counters_settle(counters);
	if (rule->holding) {
		rule->holding[side] = r->holdings[at];
		holding_since(&rule->holding[side], &dev->holding_bases[at]);
		counters_release(counters, rule->holding[side].released, 0);
	}
	if (*held > held_by_all)
		counters_release(counters, 0, *held - held_by_all);
}

static int fill_timing(struct device *dev, __u32 id, struct sample_rule *rule)
{
	struct fl_timing timing;
	int err = obj_map_read(dev->map[OBJ_TIMINGS], id, &timing);

	if (err)
		return err;
	rule->holding = calloc(FL_SIDES, sizeof(*rule->holding));
	if (!rule->holding)
		return -ENOMEM;
	rule->least_ns = timing.least_ns;
	rule->has_asked_delay = sample_asked_delay(&rule->rule,
						   dev->distributions,
						   &rule->asked_delay_ns,
						   &rule->expected_delay_ns);
	return 0;
}

static int fill_rule(struct device *dev, const struct reading *r, __u32 id,
		     const struct sample_totals *totals,
		     struct sample_rule *rule)
{
	__u64 now = clock_boot_ns();
	int err = 0;

	rule->rule = dev->specs[id].rule;
	rule->expired = rule->rule.expiry_ns && rule->rule.expiry_ns <= now;
	if (rule->rule.expiry_ns && !rule->expired)
		rule->remaining_ns = rule->rule.expiry_ns - now;
	/* Read together with a change it may be of an id that cannot hold. */
	if (fl_rule_holds(&rule->rule) && id < FL_HOLD_IDS)
		err = fill_timing(dev, id, rule);
	for (__u32 side = 0; side < FL_SIDES && !err; side++)
		fill_rule_side(dev, r, id * FL_SIDES + side,
			       totals->seen[side].reason[FL_REASON_HELD], rule);
	return err;
}

static int fill_rules(struct device *dev, const struct reading *r,
		      struct sample *sample)
{
	__u32 count;
	const struct fl_position *active = device_active_rules(dev, &count);
	int err = 0;

	sample->rules = calloc(count + 1, sizeof(*sample->rules));
	if (!sample->rules)
		return -ENOMEM;
	for (__u32 i = 0; i < count && !err; i++) {
		__u32 id = active[i].id;

		/* Written over this very moment: all is read once more. */
		if (id >= dev->id_end)
			break;
		err = fill_rule(dev, r, id, &sample->totals,
				&sample->rules[sample->rule_count++]);
	}
	return err;
}

static struct reading *new_reading(void)
{
	struct reading *reading = calloc(1, sizeof(*reading));

	if (!reading)
		return NULL;
	reading->counts = malloc(FL_IDS * FL_SIDES * sizeof(*reading->counts));
	if (reading->counts)
		return reading;
	free(reading);
	return NULL;
}

static void free_reading(struct reading *reading)
{
	if (!reading)
		return;
	free(reading->counts);
	free(reading);
}

int device_sample(struct device *dev, struct sample *sample,
		  struct fl_error *error)
{
	struct reading *reading = new_reading();
	__u32 generation;
	int err = reading ? 0 : -ENOMEM;

	memset(sample, 0, sizeof(*sample));
	/* The devices that hold may have come since we opened it. */
	(void)obj_map_read(dev->map[OBJ_DEVICE], 0, &dev->record);
	if (!err)
		describe_device(&dev->record, dev->name, &sample->device);
	do {
		/* A change meanwhile could give us half of two rulesets. */
		sample_free(sample);
		generation = dev->control->generation;
		if (!err)
			err = blocks_refresh(dev);
		memset(&sample->totals, 0, sizeof(sample->totals));
		if (!err)
			err = read_counters(dev, reading);
		if (!err)
			err = fill_totals(dev, reading, &sample->totals);
		if (!err)
			err = fill_rules(dev, reading, sample);
	} while (!err && generation != dev->control->generation);
	free_reading(reading);
	if (!err)
		return 0;
	sample_free(sample);
	return fl_fail(error, FL_EXIT_ERROR, "cannot read the counters: %s",
		       strerror(-err));
}

void sample_free(struct sample *sample)
{
	for (size_t i = 0; i < sample->rule_count; i++)
		free(sample->rules[i].holding);
	free(sample->rules);
	sample->rules = NULL;
	sample->rule_count = 0;
}
