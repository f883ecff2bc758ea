/* SPDX-License-Identifier: GPL-2.0-only */
#include "out.h"

#include <math.h>

#include "stats/interval.h"
#include "json.h"
#include "stats/realised.h"
#include "stats/counters.h"

/* What a dry run would have skipped or sent ahead cannot be known. */
static int set_would(json_t *object, const struct fl_counters *counters)
{
	int err = out_json_set(object, "would_drop", counters->would_drop);

#define EFFECT(id, label, help)                             \
	if (FL_EFFECT_##id != FL_EFFECT_SKIPPED &&          \
	    FL_EFFECT_##id != FL_EFFECT_REORDERED)          \
		err |= out_json_set(object, "would_" label, \
				    counters->would_effect[FL_EFFECT_##id]);
#include <faultline/effects.def>
#undef EFFECT
	return err;
}

static int set_counters(json_t *object, const struct fl_counters *counters)
{
	int err = out_json_set(object, "packets", counters->packets);

	err |= out_json_set(object, "bytes", counters->bytes);
	err |= out_json_set(object, "segments", counters->segments);
	err |= out_json_fates(object, counters);
	return err | set_would(object, counters);
}

/* Of everything together there is a mean, but what each rule's histogram
 * begins at is another time. */
static int set_total_delay(json_t *object, const struct sample_delays *delays)
{
	double mean = (double)delays->delay_ns / (double)delays->released;
	int err = out_json_set(object, "late", delays->late);

	return err |
	       json_object_set_new(object, "delay_ns",
				   delays->released ? json_pack("{s:I}", "mean",
								llround(mean)) :
						      json_null());
}

static int set_total(json_t *object, const struct sample_totals *totals,
		     int side)
{
	int err = set_counters(object, &totals->seen[side]);

	err |= set_total_delay(object, &totals->delays[side]);
	err |= out_json_set(object, "lost", totals->lost[side]);
	err |= out_json_set(object, "unmatched",
			    totals->unmatched[side].packets);
	err |= out_json_set(object, "unparsed", totals->unparsed[side].packets);
	err |= out_json_set(object, "exempt", totals->exempt[side].packets);
	return err |
	       out_json_set(object, "fragments", totals->tally[side].fragments);
}

static json_t *total_json(const struct sample_totals *totals, int side)
{
	json_t *object = json_object();

	return out_json_checked(object, set_total(object, totals, side));
}

static json_t *totals_json(const struct sample_totals *totals)
{
	json_t *object = json_object();
	struct sample_totals both = *totals;
	int err;

	both.seen[FL_IN] = counters_both(totals->seen);
	both.unmatched[FL_IN] = counters_both(totals->unmatched);
	both.unparsed[FL_IN] = counters_both(totals->unparsed);
	both.exempt[FL_IN] = counters_both(totals->exempt);
	both.delays[FL_IN].released += both.delays[FL_OUT].released;
	both.delays[FL_IN].late += both.delays[FL_OUT].late;
	both.delays[FL_IN].delay_ns += both.delays[FL_OUT].delay_ns;
	both.lost[FL_IN] += both.lost[FL_OUT];
	both.tally[FL_IN].fragments += both.tally[FL_OUT].fragments;
	err = set_total(object, &both, FL_IN);
	err |= json_object_set_new(object, "flow_evicted",
				   out_json_evicted(totals->tally));
	err |= json_object_set_new(object, "flow_untracked",
				   out_json_untracked(totals->tally));
	err |= json_object_set_new(object, "in", total_json(totals, FL_IN));
	err |= json_object_set_new(object, "out", total_json(totals, FL_OUT));
	return out_json_checked(object, err);
}

static int set_real(json_t *object, const char *key, bool known, double ratio)
{
	return known ? json_object_set_new(object, key, json_real(ratio)) : 0;
}

/* A rate, @key, beside the one asked for; what is not known is left out. */
static int set_realised(json_t *object, const char *key,
			const struct realised *r)
{
	static const char *const verdicts[] = {
		[REALISED_UNJUDGED] = NULL,   [REALISED_TOO_FEW] = "too_few",
		[REALISED_INSIDE] = "inside", [REALISED_OUTSIDE] = "outside",
		[REALISED_BELOW] = "below",
	};
	bool interval = r->has_interval;
	int err = json_object_set_new(
		object, key, r->packets ? json_real(r->rate) : json_null());

	err |= set_real(object, "asked", r->has_asked, r->asked);
	err |= set_real(object, "expected", r->has_expected, r->expected);
	err |= set_real(object, "low", interval, r->low);
	err |= set_real(object, "high", interval, r->high);
	err |= set_real(object, "confidence", interval, INTERVAL_CONFIDENCE);
	if (verdicts[r->verdict])
		err |= json_object_set_new(object, "verdict",
					   json_string(verdicts[r->verdict]));
	return err | out_json_set(object, "packets", r->packets);
}

static json_t *realised_json(const struct sample_rule *rule)
{
	json_t *object = json_object(), *part;
	struct realised realised;
	int err = 0;

	if (object && realised_loss(rule, &realised))
		err = set_realised(object, "loss", &realised);
	for (int i = 0; i < FL_EFFECTS && object; i++) {
		if (!realised_effect(rule, i, &realised) || !realised.has_asked)
			continue;
		part = json_object();
		err |= set_realised(part, "rate", &realised);
		err |= json_object_set_new(object, out_json_effects[i], part);
	}
	return out_json_checked(object, err);
}

static int set_time(json_t *object, const char *key, double time_ns)
{
	return out_json_set(object, key, (__u64)llround(time_ns));
}

/* null where nothing was released. */
static json_t *delay_json(const struct realised_delay *delay)
{
	json_t *object;
	int err;

	if (!delay->released)
		return json_null();
	object = json_object();
	err = set_time(object, "mean", delay->mean_ns);
	if (delay->has_asked) {
		err |= set_time(object, "asked", delay->asked_ns);
		err |= set_time(object, "expected", delay->expected_ns);
	}
	if (delay->has_interval) {
		err |= set_time(object, "low", delay->low_ns);
		err |= set_time(object, "high", delay->high_ns);
		err |= set_real(object, "confidence", true,
				INTERVAL_CONFIDENCE);
	}
	err |= set_time(object, "p50", delay->p50_ns);
	err |= set_time(object, "p99", delay->p99_ns);
	err |= set_time(object, "p999", delay->p999_ns);
	return out_json_checked(object, err);
}

/* @side, or FL_SIDES for both. */
static int set_side(json_t *object, const struct sample_rule *rule, int side,
		    const struct fl_counters *counters)
{
	struct realised_delay delay;
	int err = set_counters(object, counters);

	realised_delay(rule, side, &delay);
	err |= out_json_set(object, "late", delay.late);
	return err |
	       json_object_set_new(object, "delay_ns", delay_json(&delay));
}

static json_t *side_json(const struct sample_rule *rule, int side)
{
	json_t *object = json_object();

	return out_json_checked(object, set_side(object, rule, side,
						 &rule->side[side]));
}

static json_t *rule_json(const struct sample_rule *rule)
{
	json_t *object = json_object();
	struct fl_counters total = counters_both(rule->side);
	int err = out_json_rule(object, rule);

	err |= set_side(object, rule, FL_SIDES, &total);
	err |= json_object_set_new(object, "realised", realised_json(rule));
	err |= json_object_set_new(object, "in", side_json(rule, FL_IN));
	err |= json_object_set_new(object, "out", side_json(rule, FL_OUT));
	return out_json_checked(object, err);
}

int out_stats_json(const struct sample *sample, struct fl_error *error)
{
	const struct sample_device *device = &sample->device;
	json_t *document = out_json_begin("faultline.stats/1", device->name,
					  device);
	json_t *rules = json_array();
	int err = out_json_device(document, device);

	err |= json_object_set_new(document, "totals",
				   totals_json(&sample->totals));
	for (size_t i = 0; i < sample->rule_count && !err; i++)
		err = json_array_append_new(rules,
					    rule_json(&sample->rules[i]));
	err |= json_object_set_new(document, "rules", rules);
	return out_json_end(document, err, error);
}
