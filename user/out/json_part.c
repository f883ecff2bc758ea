/* SPDX-License-Identifier: GPL-2.0-only */
#include "json_part.h"

#include <time.h>

#include "grammar/grammar.h"
#include "base/clock.h"
#include "base/holder.h"
#include "base/mode.h"
#include "base/text.h"
#include "labels.h"

#define TEXT_MAX 4096

json_t *out_json_checked(json_t *value, int err)
{
	if (!err)
		return value;
	json_decref(value);
	return NULL;
}

json_t *out_json_text(const char *text)
{
	json_t *made = text ? json_string(text) : json_null();
	char good[4 * TEXT_MAX];

	return made ? made : json_string(text_utf8(text, good, sizeof(good)));
}

json_t *out_json_begin(const char *schema, const char *name,
		       const struct sample_device *device)
{
	json_t *epoch = device ? json_integer((json_int_t)device->epoch_ns) :
				 json_null();

	return json_pack("{s:s, s:o, s:I, s:o}", "schema", schema, "device",
			 out_json_text(name), "time_ns",
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
					  out_json_text(device->degraded_why));
	return err;
}

json_t *out_json_seed(__u64 seed)
{
	return json_sprintf("%llu", seed);
}

int out_json_set(json_t *object, const char *key, __u64 number)
{
	return json_object_set_new(object, key,
				   json_integer((json_int_t)number));
}

static int set_effects(json_t *object, const __u64 effect[FL_EFFECTS])
{
	int err = 0;

	for (int i = 0; i < FL_EFFECTS; i++)
		err |= out_json_set(object, label_effect[i], effect[i]);
	return err;
}

int out_json_fates(json_t *object, const struct stats_counts *counts)
{
	int err = 0;

	for (int i = 0; i < FL_REASONS; i++)
		err |= out_json_set(object, label_reasons[i].label,
				    i == FL_REASON_DROPPED ? counts->dropped :
							     counts->reason[i]);
	return err | set_effects(object, counts->effect);
}

static int set_evicted(json_t *object, const struct fl_tally *tally)
{
	int err = out_json_set(object, "flows", tally->evicted_flows);

	err |= out_json_set(object, "matched_flows", tally->evicted_ruled);
	err |= out_json_set(object, "packets", tally->evicted_packets);
	err |= out_json_set(object, "bytes", tally->evicted_bytes);
	err |= out_json_set(object, "dropped", tally->evicted_dropped);
	return err | set_effects(object, tally->evicted_effect);
}

static int set_untracked(json_t *object, const struct fl_tally *tally)
{
	int err = out_json_set(object, "packets", tally->untracked_packets);

	err |= out_json_set(object, "bytes", tally->untracked_bytes);
	err |= out_json_set(object, "dropped", tally->untracked_dropped);
	return err | set_effects(object, tally->untracked_effect);
}

int out_json_set_tally(json_t *object, const struct fl_tally *tally)
{
	json_t *evicted = json_object(), *untracked = json_object();
	int err = set_evicted(evicted, tally);

	err |= set_untracked(untracked, tally);
	err |= json_object_set_new(object, "flow_evicted", evicted);
	return err | json_object_set_new(object, "flow_untracked", untracked);
}

json_t *out_json_rule_words(const struct fl_rule *rule)
{
	char words[GRAMMAR_WORDS_MAX];

	grammar_print_rule(rule, words, sizeof(words));
	return json_string(words);
}

json_t *out_json_match_words(const struct fl_match *match)
{
	char words[GRAMMAR_WORDS_MAX];

	grammar_print_match(match, words, sizeof(words));
	return json_string(words);
}

json_t *out_json_impair_words(const struct fl_rule *rule)
{
	char words[GRAMMAR_WORDS_MAX];

	grammar_print_impairs(rule, words, sizeof(words));
	return json_string(words);
}

static json_t *time_or_null(bool has, __u64 ns)
{
	return has ? json_integer((json_int_t)ns) : json_null();
}

int out_json_rule(json_t *object, const struct sample_rule *rule)
{
	const struct fl_rule *r = &rule->rule;
	bool ends = r->lease_ns;
	json_t *part = json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "name",
		r->name, "direction", grammar_direction(r->directions), "match",
		out_json_match_words(&r->match), "impairments",
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
