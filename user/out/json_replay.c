/* SPDX-License-Identifier: GPL-2.0-only */
#include "replay.h"

#include "json.h"
#include "stats/counters.h"

static int set_counters(json_t *object, const struct fl_counters *c)
{
	int err = out_json_set(object, "packets", c->packets);

	err |= out_json_fates(object, c);
	return err | out_json_set(object, "would_drop", c->would_drop);
}

static json_t *rule_json(const struct sample_rule *rule)
{
	struct fl_counters both = counters_both(rule->side);
	json_t *object = json_pack("{s:s, s:o}", "name", rule->rule.name,
				   "rule", out_json_rule_words(&rule->rule));

	return out_json_checked(object, set_counters(object, &both));
}

static json_t *totals_json(const struct sample_totals *totals)
{
	struct fl_counters both = counters_both(totals->seen);
	json_t *object = json_object();
	int err = set_counters(object, &both);

	err |= out_json_set(object, "unmatched",
			    counters_both(totals->unmatched).packets);
	err |= out_json_set(object, "unparsed",
			    counters_both(totals->unparsed).packets);
	err |= out_json_set(object, "exempt",
			    counters_both(totals->exempt).packets);
	err |= out_json_set(object, "in", totals->seen[FL_IN].packets);
	err |= out_json_set(object, "out", totals->seen[FL_OUT].packets);
	err |= json_object_set_new(object, "flow_evicted",
				   out_json_evicted(totals->tally));
	err |= json_object_set_new(object, "flow_untracked",
				   out_json_untracked(totals->tally));
	return out_json_checked(object, err);
}

int out_replay_json(const struct sample_replay *replay, struct fl_error *error)
{
	const struct sample *sample = &replay->sample;
	json_t *document = out_json_begin("faultline.replay/1", NULL, NULL);
	json_t *rules = json_array();
	int err = json_object_set_new(
		document, "seed", json_sprintf("%llu", sample->device.seed));

	err |= out_json_set(document, "flows", sample->device.flows_max);
	err |= out_json_set(document, "packets", replay->packets);
	err |= out_json_set(document, "written", replay->written);
	err |= out_json_set(document, "too_short", replay->too_short);
	err |= out_json_set(document, "too_long", replay->too_long);
	err |= out_json_set(document, "cut", replay->cut);
	err |= json_object_set_new(document, "totals",
				   totals_json(&sample->totals));
	for (size_t i = 0; i < sample->rule_count && !err; i++)
		err = json_array_append_new(rules,
					    rule_json(&sample->rules[i]));
	err |= json_object_set_new(document, "rules", rules);
	return out_json_end(document, err, error);
}
