/* SPDX-License-Identifier: GPL-2.0-only */
/* What the JSON documents have in common. */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "stats/table.h"

/* Ratios to nine digits, which is what 32 bits of probability hold. */
#define OUT_JSON_FORMAT (JSON_COMPACT | JSON_REAL_PRECISION(9))

/* Any text: what is not UTF-8 is escaped as "\xNN". Without one it is null. */
json_t *out_json_text(const char *text);

/* @value, or with an @err NULL instead, which every taker knows to be one. */
json_t *out_json_checked(json_t *value, int err);

/*
 * {"schema", "device", "time_ns", "epoch_ns"}: how every document begins.
 * Without a name the device is null, without a sample the time is now and the
 * epoch null.
 */
json_t *out_json_begin(const char *schema, const char *name,
		       const struct sample_device *device);

/* Adds "mode", "unit", "engine" and "degraded". */
int out_json_device(json_t *document, const struct sample_device *device);

/* As a string: many readers of JSON lose digits above 2^53. */
json_t *out_json_seed(__u64 seed);

int out_json_set(json_t *object, const char *key, __u64 number);

/* Adds what became of packets, "passed", "dropped" and so on, and what was
 * done to them. */
int out_json_fates(json_t *object, const struct stats_counts *counts);

/* Adds "flow_evicted" and "flow_untracked", from the sums of both sides. */
int out_json_set_tally(json_t *object, const struct fl_tally *tally);

/* A rule as words. */
json_t *out_json_rule_words(const struct fl_rule *rule);
json_t *out_json_match_words(const struct fl_match *match);
json_t *out_json_impair_words(const struct fl_rule *rule);

/* Adds name, direction, match, impairments, asked, lease and dry-run. */
int out_json_rule(json_t *object, const struct sample_rule *rule);

/* Prints @document as one line and gives it up. NULL, or an @err from filling
 * it, is an error. */
int out_json_end(json_t *document, int err, struct fl_error *error);
