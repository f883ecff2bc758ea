/* SPDX-License-Identifier: GPL-2.0-only */
#include "out.h"

#include <string.h>

#include "interval.h"
#include "out_json.h"
#include "realised.h"

/* The fates a packet can have, in the order of the document; those that no
 * impairment of this version brings about are 0. Effects that are not among
 * them follow. */
static const char *const fates[] = {
	"passed",    "dropped",	 "delayed",  "duplicated", "corrupted",
	"reordered", "rejected", "marked",   "held",	   "failed",
};

#define FATES (sizeof(fates) / sizeof(fates[0]))

static __u64 fate(const struct fl_counters *counters, const char *label)
{
	static const char *const labels[FL_REASONS] = {
#define REASON(id, label, help) label,
#include <faultline/reasons.def>
#undef REASON
	};

	/* Also those that were told: they did not go on either. */
	if (!strcmp(label, "dropped"))
		return realised_dropped(counters);
	for (unsigned int i = 0; i < FL_REASONS; i++) {
		if (!strcmp(label, labels[i]))
			return counters->reason[i];
	}
	return 0;
}

static int set(json_t *object, const char *key, __u64 number)
{
	return json_object_set_new(object, key,
				   json_integer((json_int_t)number));
}

/* What a dry run would have skipped cannot be known. */
static int set_would(json_t *object, const struct fl_counters *counters)
{
	int err = set(object, "would_drop", counters->would_drop);

#define EFFECT(id, label, help)						\
	if (FL_EFFECT_##id != FL_EFFECT_SKIPPED)			\
		err |= set(object, "would_" label,			\
			   counters->would_effect[FL_EFFECT_##id]);
#include <faultline/effects.def>
#undef EFFECT
	return err;
}

static int set_counters(json_t *object, const struct fl_counters *counters)
{
	int err = set(object, "packets", counters->packets);

	err |= set(object, "bytes", counters->bytes);
	err |= set(object, "segments", counters->segments);
	for (size_t i = 0; i < FATES; i++)
		err |= set(object, fates[i], fate(counters, fates[i]));
	for (int i = 0; i < FL_EFFECTS; i++)
		err |= set(object, out_json_effects[i], counters->effect[i]);
	return err | set_would(object, counters);
}

/* Both sides as one. */
static struct fl_counters sum(const struct fl_counters side[FL_SIDES])
{
	struct fl_counters total = side[FL_IN];

	total.packets += side[FL_OUT].packets;
	total.bytes += side[FL_OUT].bytes;
	total.segments += side[FL_OUT].segments;
	total.would_drop += side[FL_OUT].would_drop;
	for (int i = 0; i < FL_REASONS; i++)
		total.reason[i] += side[FL_OUT].reason[i];
	for (int i = 0; i < FL_EFFECTS; i++) {
		total.effect[i] += side[FL_OUT].effect[i];
		total.would_effect[i] += side[FL_OUT].would_effect[i];
	}
	return total;
}

static int set_total(json_t *object, const struct sample_totals *totals,
		     int side)
{
	int err = set_counters(object, &totals->seen[side]);

	err |= set(object, "unmatched", totals->unmatched[side].packets);
	err |= set(object, "unparsed", totals->unparsed[side].packets);
	err |= set(object, "exempt", totals->exempt[side].packets);
	return err | set(object, "fragments", totals->tally[side].fragments);
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

	both.seen[FL_IN] = sum(totals->seen);
	both.unmatched[FL_IN] = sum(totals->unmatched);
	both.unparsed[FL_IN] = sum(totals->unparsed);
	both.exempt[FL_IN] = sum(totals->exempt);
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
		[REALISED_UNJUDGED] = NULL,
		[REALISED_TOO_FEW] = "too_few",
		[REALISED_INSIDE] = "inside",
		[REALISED_OUTSIDE] = "outside",
		[REALISED_BELOW] = "below",
	};
	bool interval = r->has_interval;
	int err = json_object_set_new(object, key,
				      r->packets ? json_real(r->rate) :
						   json_null());

	err |= set_real(object, "asked", r->has_asked, r->asked);
	err |= set_real(object, "expected", r->has_expected, r->expected);
	err |= set_real(object, "low", interval, r->low);
	err |= set_real(object, "high", interval, r->high);
	err |= set_real(object, "confidence", interval, INTERVAL_CONFIDENCE);
	if (verdicts[r->verdict])
		err |= json_object_set_new(object, "verdict",
					   json_string(verdicts[r->verdict]));
	return err | set(object, "packets", r->packets);
}

static json_t *realised_json(const struct sample_rule *rule)
{
	json_t *object = json_object(), *part;
	struct realised realised;
	int err = 0;

	if (object && realised_loss(rule, &realised))
		err = set_realised(object, "loss", &realised);
	for (int i = 0; i < FL_EFFECTS && object; i++) {
		if (!realised_effect(rule, i, &realised) ||
		    !realised.has_asked)
			continue;
		part = json_object();
		err |= set_realised(part, "rate", &realised);
		err |= json_object_set_new(object, out_json_effects[i], part);
	}
	return out_json_checked(object, err);
}

static json_t *side_json(const struct fl_counters *counters)
{
	json_t *object = json_object();

	return out_json_checked(object, set_counters(object, counters));
}

static json_t *rule_json(const struct sample_rule *rule)
{
	json_t *object = json_object();
	struct fl_counters total = sum(rule->side);
	int err = out_json_rule(object, rule);

	err |= set_counters(object, &total);
	err |= json_object_set_new(object, "realised", realised_json(rule));
	err |= json_object_set_new(object, "in",
				   side_json(&rule->side[FL_IN]));
	err |= json_object_set_new(object, "out",
				   side_json(&rule->side[FL_OUT]));
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
