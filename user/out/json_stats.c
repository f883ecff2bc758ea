/* SPDX-License-Identifier: GPL-2.0-only */
#include "json_stats.h"

#include <math.h>

#include "stats/interval.h"
#include "json_part.h"
#include "labels.h"

/* What a dry run would have skipped or sent ahead cannot be known. */
static int set_would(json_t *object, const struct stats_counts *counts)
{
	int err = out_json_set(object, "would_drop", counts->would_drop);

#define EFFECT(id, label, help)                             \
	if (FL_EFFECT_##id != FL_EFFECT_SKIPPED &&          \
	    FL_EFFECT_##id != FL_EFFECT_REORDERED)          \
		err |= out_json_set(object, "would_" label, \
				    counts->would_effect[FL_EFFECT_##id]);
#include <faultline/effects.def>
#undef EFFECT
	return err;
}

static int set_counts(json_t *object, const struct stats_counts *counts)
{
	int err = out_json_set(object, "packets", counts->packets);

	err |= out_json_set(object, "bytes", counts->bytes);
	err |= out_json_set(object, "segments", counts->segments);
	err |= out_json_set(object, "aggregates", counts->aggregates);
	err |= out_json_set(object, "mixed", counts->mixed);
	err |= out_json_fates(object, counts);
	return err | set_would(object, counts);
}

static int set_time(json_t *object, const char *key, double time_ns)
{
	return out_json_set(object, key, (__u64)llround(time_ns));
}

/* All rules together have a mean but no quantiles, because each rule's
 * histogram begins at another time. */
static json_t *total_delay_json(const struct stats_total *total)
{
	json_t *object;

	if (!total->released)
		return json_null();
	object = json_object();
	return out_json_checked(object,
				set_time(object, "mean", total->mean_delay_ns));
}

static int set_total(json_t *object, const struct stats_total *total)
{
	int err = set_counts(object, &total->counts);

	err |= out_json_set(object, "late", total->late);
	err |= json_object_set_new(object, "delay_ns", total_delay_json(total));
	err |= out_json_set(object, "lost", total->lost);
	err |= out_json_set(object, "unmatched", total->unmatched);
	err |= out_json_set(object, "unparsed", total->unparsed);
	err |= out_json_set(object, "exempt", total->exempt);
	return err | out_json_set(object, "fragments", total->fragments);
}

static json_t *total_json(const struct stats_total *total)
{
	json_t *object = json_object();

	return out_json_checked(object, set_total(object, total));
}

static json_t *totals_json(const struct stats_table *table)
{
	const struct stats_total *total = table->total;
	json_t *object = json_object();
	int err = set_total(object, &total[STATS_BOTH]);

	err |= out_json_set_tally(object, &table->tally);
	err |= json_object_set_new(object, "in", total_json(&total[FL_IN]));
	err |= json_object_set_new(object, "out", total_json(&total[FL_OUT]));
	return out_json_checked(object, err);
}

static int set_real(json_t *object, const char *key, bool known, double ratio)
{
	return known ? json_object_set_new(object, key, json_real(ratio)) : 0;
}

/* A rate, @key, beside the one asked for; what is not known is left out. */
static int set_actual(json_t *object, const char *key, const struct actual *r)
{
	static const char *const verdicts[] = {
		[ACTUAL_UNJUDGED] = NULL,   [ACTUAL_TOO_FEW] = "too_few",
		[ACTUAL_INSIDE] = "inside", [ACTUAL_OUTSIDE] = "outside",
		[ACTUAL_BELOW] = "below",
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

static json_t *actual_json(const struct actual_rates *rates)
{
	json_t *object = json_object(), *part;
	int err = 0;

	if (rates->has_loss)
		err = set_actual(object, "loss", &rates->loss);
	for (int i = 0; i < FL_EFFECTS; i++) {
		if (!rates->effect[i].has_asked)
			continue;
		part = json_object();
		err |= set_actual(part, "rate", &rates->effect[i]);
		err |= json_object_set_new(object, label_effect[i], part);
	}
	return out_json_checked(object, err);
}

/* null where nothing was released. */
static json_t *delay_json(const struct actual_delay *delay)
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

static int set_column(json_t *object, const struct stats_rule *rule, int column)
{
	const struct actual_delay *delay = &rule->delay[column];
	int err = set_counts(object, &rule->counts[column]);

	err |= out_json_set(object, "late", delay->late);
	return err | json_object_set_new(object, "delay_ns", delay_json(delay));
}

static json_t *column_json(const struct stats_rule *rule, int column)
{
	json_t *object = json_object();

	return out_json_checked(object, set_column(object, rule, column));
}

static json_t *rule_json(const struct stats_rule *rule)
{
	json_t *object = json_object();
	int err = out_json_rule(object, rule->sample);

	err |= set_column(object, rule, STATS_BOTH);
	err |= json_object_set_new(object, "realised",
				   actual_json(&rule->rates));
	err |= json_object_set_new(object, "in", column_json(rule, FL_IN));
	err |= json_object_set_new(object, "out", column_json(rule, FL_OUT));
	return out_json_checked(object, err);
}

int out_json_stats(const struct stats_table *table, struct fl_error *error)
{
	const struct sample_device *device = table->device;
	json_t *document = out_json_begin("faultline.stats/1", device->name,
					  device);
	json_t *rules = json_array();
	int err = out_json_device(document, device);

	err |= json_object_set_new(document, "exact",
				   json_boolean(device->exact));
	err |= json_object_set_new(document, "totals", totals_json(table));
	for (size_t i = 0; i < table->rule_count && !err; i++)
		err = json_array_append_new(rules, rule_json(&table->rules[i]));
	err |= json_object_set_new(document, "rules", rules);
	return out_json_end(document, err, error);
}

int out_json_beat(const struct out_beat *beat, struct fl_error *error)
{
	return out_json_stats(beat->table, error);
}
