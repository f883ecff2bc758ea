/* SPDX-License-Identifier: GPL-2.0-only */
#include "out_replay.h"

#include "out_json.h"
#include "realised.h"

static int set(json_t *object, const char *key, __u64 number)
{
	return json_object_set_new(object, key,
				   json_integer((json_int_t)number));
}

/* "dropped" is all that did not go on, as in stats. */
static int set_counters(json_t *object, const struct fl_counters *c)
{
	static const char *const effects[FL_EFFECTS] = {
#define EFFECT(id, label, help) label,
#include <faultline/effects.def>
#undef EFFECT
	};
	int err = set(object, "packets", c->packets);

	err |= set(object, "passed", c->reason[FL_REASON_PASSED]);
	err |= set(object, "dropped", realised_dropped(c));
	err |= set(object, "failed", c->reason[FL_REASON_FAILED]);
	err |= set(object, "rejected", c->reason[FL_REASON_REJECTED]);
	for (int i = 0; i < FL_EFFECTS; i++)
		err |= set(object, effects[i], c->effect[i]);
	return err | set(object, "would_drop", c->would_drop);
}

static struct fl_counters sum(const struct fl_counters side[FL_SIDES])
{
	struct fl_counters total = side[FL_IN];
	const __u64 *from = (const __u64 *)&side[FL_OUT];

	for (size_t i = 0; i < sizeof(total) / sizeof(*from); i++)
		((__u64 *)&total)[i] += from[i];
	return total;
}

static json_t *rule_json(const struct sample_rule *rule)
{
	struct fl_counters both = sum(rule->side);
	json_t *object = json_pack("{s:s, s:o}", "name", rule->rule.name,
				   "rule", out_json_rule_words(&rule->rule));

	return out_json_checked(object, set_counters(object, &both));
}

static json_t *totals_json(const struct sample_totals *totals)
{
	struct fl_counters both = sum(totals->seen);
	json_t *object = json_object();
	int err = set_counters(object, &both);

	err |= set(object, "unmatched", sum(totals->unmatched).packets);
	err |= set(object, "unparsed", sum(totals->unparsed).packets);
	err |= set(object, "exempt", sum(totals->exempt).packets);
	err |= set(object, "in", totals->seen[FL_IN].packets);
	err |= set(object, "out", totals->seen[FL_OUT].packets);
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
		document, "seed",
		json_sprintf("%llu", sample->device.seed));

	err |= set(document, "flows", sample->device.flows_max);
	err |= set(document, "packets", replay->packets);
	err |= set(document, "written", replay->written);
	err |= set(document, "too_short", replay->too_short);
	err |= set(document, "too_long", replay->too_long);
	err |= set(document, "cut", replay->cut);
	err |= json_object_set_new(document, "totals",
				   totals_json(&sample->totals));
	for (size_t i = 0; i < sample->rule_count && !err; i++)
		err = json_array_append_new(rules,
					    rule_json(&sample->rules[i]));
	err |= json_object_set_new(document, "rules", rules);
	return out_json_end(document, err, error);
}
