/* SPDX-License-Identifier: GPL-2.0-only */
/* What the JSON documents have in common. */
#include "json.h"

#include <time.h>

#include "grammar/grammar.h"
#include "base/clock.h"
#include "base/holder.h"
#include "base/mode.h"
#include "stats/realised.h"

#define WORDS_MAX 2048 /* longest rule as words, with NUL */

json_t *out_json_checked(json_t *value, int err)
{
	if (!err)
		return value;
	json_decref(value);
	return NULL;
}

json_t *out_json_begin(const char *schema, const char *name,
		       const struct sample_device *device)
{
	json_t *epoch = device ? json_integer((json_int_t)device->epoch_ns) :
				 json_null();

	return json_pack("{s:s, s:s?, s:I, s:o}", "schema", schema, "device",
			 name, "time_ns",
			 device ? device->time_ns : clock_real_ns(), "epoch_ns",
			 epoch);
}

int out_json_device(json_t *document, const struct sample_device *device)
{
	bool frames = device->mode == FL_MODE_NATIVE;
	json_t *part = json_pack("{s:s, s:{s:s, s:s}, s:s, s:b}", "mode",
				 mode_name(device->mode), "unit", "in",
				 frames ? "frame" : "skb", "out", "skb",
				 "engine", holder_word(device->holder),
				 "degraded", device->degraded);
	int err = json_object_update(document, part);

	json_decref(part);
	if (!err && device->degraded)
		err = json_object_set_new(document, "degraded_why",
					  json_string(device->degraded_why));
	return err;
}

const char *const out_json_effects[FL_EFFECTS] = {
#define EFFECT(id, label, help) label,
#include <faultline/effects.def>
#undef EFFECT
};

int out_json_set(json_t *object, const char *key, __u64 number)
{
	return json_object_set_new(object, key,
				   json_integer((json_int_t)number));
}

int out_json_fates(json_t *object, const struct fl_counters *counters)
{
	static const char *const labels[FL_REASONS] = {
#define REASON(id, label, help) label,
#include <faultline/reasons.def>
#undef REASON
	};
	int err = 0;

	/* All of them: those that were told did not go on either. */
	for (int i = 0; i < FL_REASONS; i++)
		err |= out_json_set(object, labels[i],
				    i == FL_REASON_DROPPED ?
					    realised_dropped(counters) :
					    counters->reason[i]);
	for (int i = 0; i < FL_EFFECTS; i++)
		err |= out_json_set(object, out_json_effects[i],
				    counters->effect[i]);
	return err;
}

static json_t *add_effects(json_t *object, const __u64 in[FL_EFFECTS],
			   const __u64 out[FL_EFFECTS])
{
	int err = 0;

	for (int i = 0; i < FL_EFFECTS; i++)
		err |= out_json_set(object, out_json_effects[i],
				    in[i] + out[i]);
	return out_json_checked(object, err);
}

json_t *out_json_evicted(const struct fl_tally tally[FL_SIDES])
{
	const struct fl_tally *in = &tally[FL_IN], *out = &tally[FL_OUT];
	json_t *object =
		json_pack("{s:I, s:I, s:I, s:I}", "flows",
			  in->evicted_flows + out->evicted_flows, "packets",
			  in->evicted_packets + out->evicted_packets, "bytes",
			  in->evicted_bytes + out->evicted_bytes, "dropped",
			  in->evicted_dropped + out->evicted_dropped);

	return add_effects(object, in->evicted_effect, out->evicted_effect);
}

json_t *out_json_untracked(const struct fl_tally tally[FL_SIDES])
{
	const struct fl_tally *in = &tally[FL_IN], *out = &tally[FL_OUT];
	json_t *object = json_pack(
		"{s:I, s:I, s:I}", "packets",
		in->untracked_packets + out->untracked_packets, "bytes",
		in->untracked_bytes + out->untracked_bytes, "dropped",
		in->untracked_dropped + out->untracked_dropped);

	return add_effects(object, in->untracked_effect, out->untracked_effect);
}

json_t *out_json_rule_words(const struct fl_rule *rule)
{
	char words[WORDS_MAX];

	grammar_print_rule(rule, words, sizeof(words));
	return json_string(words);
}

json_t *out_json_match_words(const struct fl_match *match)
{
	char words[WORDS_MAX];

	grammar_print_match(match, words, sizeof(words));
	return json_string(words);
}

json_t *out_json_impair_words(const struct fl_rule *rule)
{
	char words[WORDS_MAX];

	grammar_print_impairs(rule, words, sizeof(words));
	return json_string(words);
}

static json_t *time_or_null(bool has, __u64 ns)
{
	return has ? json_integer((json_int_t)ns) : json_null();
}

int out_json_rule(json_t *object, const struct sample_rule *rule)
{
	static const char *const directions[] = {
		[FL_DIR_IN] = "in",
		[FL_DIR_OUT] = "out",
		[FL_DIR_BOTH] = "both",
	};
	const struct fl_rule *r = &rule->rule;
	bool ends = r->lease_ns;
	json_t *part = json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "name",
		r->name, "direction", directions[r->directions & FL_DIR_BOTH],
		"match", out_json_match_words(&r->match), "impairments",
		out_json_impair_words(r), "asked", grammar_asked_json(r),
		"lease_ns", time_or_null(ends, r->lease_ns), "remaining_ns",
		time_or_null(ends, rule->remaining_ns), "expired",
		rule->expired, "dry_run", !!(r->flags & FL_RULE_DRY_RUN));
	int err = json_object_update(object, part);

	json_decref(part);
	return err;
}

int out_json_end(json_t *document, int err, struct fl_error *error)
{
	if (!document || err) {
		json_decref(document);
		return fl_fail(error, FL_EXIT_ERROR,
			       "cannot write this as JSON: out of memory, or "
			       "a text is not UTF-8");
	}
	/* A failure to write is main's to find. */
	if (!json_dumpf(document, stdout, OUT_JSON_FORMAT))
		putchar('\n');
	json_decref(document);
	return 0;
}
