/* SPDX-License-Identifier: GPL-2.0-only */
/* Device, totals and rules -> the plain structs of sample.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/category.h>

#include "describe.h"
#include "kernel/counters.h"
#include "open.h"
#include "ways_state.h"
#include "stats/counters.h"
#include "stats/asked_delay.h"

/* All counters at one moment, or nearly so. */
struct reading {
	struct fl_counters counts[FL_COUNTS * FL_SIDES];
	struct fl_holding holdings[FL_RULES_MAX * FL_SIDES];
	__u64 lost[FL_SIDES];
};

/* Most rules hold nothing, and 7 MB of zeros are not worth a copy. */
static void read_holdings(const struct device *dev, struct reading *r)
{
	for (size_t at = 0; at < FL_RULES_MAX * FL_SIDES; at++) {
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
	for (int side = 0; side < FL_SIDES; side++)
		r->lost[side] = ways_lost(dev, (enum fl_side)side);
	read_holdings(dev, r);
	return counters_read_all(dev->map[OBJ_COUNTS], r->counts,
				 FL_COUNTS * FL_SIDES);
}

/* Sums over all rules, deleted ones too. */
static void fill_delays(const struct reading *r, __u32 side,
			struct sample_totals *t)
{
	struct sample_delays *delays = &t->delays[side];

	for (size_t id = 0; id < FL_RULES_MAX; id++) {
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
		for (size_t id = 0; id < FL_COUNTS; id++)
			counters_add(&t->seen[side],
				     &all[id * FL_SIDES + side]);
		counters_settle(&t->seen[side]);
		fill_delays(r, side, t);
		t->unmatched[side] = all[FL_COUNT_UNMATCHED * FL_SIDES + side];
		t->unparsed[side] = all[FL_COUNT_UNPARSED * FL_SIDES + side];
		t->exempt[side] = all[FL_COUNT_EXEMPT * FL_SIDES + side];
		err = tally_read(dev->map[OBJ_TALLIES], side, &t->tally[side]);
	}
	return err;
}

/*
 * What the rule did since it was added. Who lost a packet that was held is
 * not known: all that can be said is that no rule holds more than all do.
 */
static void fill_rule_side(const struct reading *r, size_t at,
			   const struct fl_spec *spec, __u64 held_by_all,
			   struct sample_rule *rule)
{
	size_t side = at % FL_SIDES;
	struct fl_counters *counters = &rule->side[side];
	struct fl_holding *holding = &rule->holding[side];
	__u64 *held = &counters->reason[FL_REASON_HELD];

	*counters = r->counts[at];
	counters_subtract(counters, &spec->base[side]);
	counters_settle(counters);
	*holding = r->holdings[at];
	holding_since(holding, &spec->base_holding[side]);
	counters_release(counters, holding->released, 0);
	if (*held > held_by_all)
		counters_release(counters, 0, *held - held_by_all);
}

static int fill_timing(struct device *dev, __u32 id, struct sample_rule *rule)
{
	struct fl_timing timing;
	int err;

	if (!fl_rule_holds(&rule->rule))
		return 0;
	err = obj_map_read(dev->map[OBJ_TIMINGS], id, &timing);
	if (err)
		return err;
	rule->least_ns = timing.least_ns;
	rule->has_asked_delay = sample_asked_delay(&rule->rule,
						   dev->distributions,
						   &rule->asked_delay_ns,
						   &rule->expected_delay_ns);
	return 0;
}

static int fill_rules(struct device *dev, const struct reading *r,
		      struct sample *sample)
{
	const struct fl_ruleset *active = device_active_rules(dev);
	__u64 now = clock_boot_ns();
	size_t count = active->rule_count;

	sample->rules = calloc(count + 1, sizeof(*sample->rules));
	if (!sample->rules)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct sample_rule *rule = &sample->rules[i];
		__u16 id = active->rule_ids[i] % FL_RULES_MAX;
		struct fl_spec spec;
		int err = obj_map_read(dev->map[OBJ_SPECS], id, &spec);

		if (err)
			return err;
		rule->rule = spec.rule;
		rule->expired = spec.rule.expiry_ns &&
				spec.rule.expiry_ns <= now;
		if (spec.rule.expiry_ns && !rule->expired)
			rule->remaining_ns = spec.rule.expiry_ns - now;
		for (__u32 side = 0; side < FL_SIDES; side++)
			fill_rule_side(r, id * FL_SIDES + side, &spec,
				       sample->totals.seen[side]
					       .reason[FL_REASON_HELD],
				       rule);
		err = fill_timing(dev, id, rule);
		if (err)
			return err;
		sample->rule_count++;
	}
	return 0;
}

int device_sample(struct device *dev, struct sample *sample,
		  struct fl_error *error)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	__u32 generation;
	int err = reading ? 0 : -ENOMEM;

	memset(sample, 0, sizeof(*sample));
	/* The devices that hold may have come since we opened it. */
	(void)obj_map_read(dev->map[OBJ_DEVICE], 0, &dev->record);
	if (!err)
		describe_device(&dev->record, dev->name, &sample->device);
	do {
		/* A change meanwhile could give us half of two rulesets. */
		free(sample->rules);
		sample->rules = NULL;
		sample->rule_count = 0;
		generation = dev->control->generation;
		memset(&sample->totals, 0, sizeof(sample->totals));
		if (!err)
			err = read_counters(dev, reading);
		if (!err)
			err = fill_totals(dev, reading, &sample->totals);
		if (!err)
			err = fill_rules(dev, reading, sample);
	} while (!err && generation != dev->control->generation);
	free(reading);
	if (!err)
		return 0;
	sample_free(sample);
	return fl_fail(error, FL_EXIT_ERROR, "cannot read the counters: %s",
		       strerror(-err));
}

void sample_free(struct sample *sample)
{
	free(sample->rules);
	sample->rules = NULL;
	sample->rule_count = 0;
}
