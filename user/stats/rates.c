/* SPDX-License-Identifier: GPL-2.0-only */
#include "rates.h"

#include <errno.h>
#include <stdlib.h>

/* What a row is made of, at one moment. */
struct moment {
	__u64 packets, dropped, delayed, held;
	__u64 released, delay_ns;
};

static struct moment moment_of(const struct stats_counts *counts)
{
	return (struct moment){
		.packets = counts->packets,
		.dropped = counts->dropped,
		.delayed = counts->effect[FL_EFFECT_DELAYED],
		.held = counts->reason[FL_REASON_HELD],
	};
}

static struct moment total_moment(const struct stats_total *total)
{
	struct moment moment = moment_of(&total->counts);

	moment.released = total->released;
	moment.delay_ns = total->delay_ns;
	return moment;
}

static struct moment rule_moment(const struct stats_rule *rule)
{
	struct moment moment = moment_of(&rule->counts[STATS_BOTH]);

	for (int side = 0; side < FL_SIDES && rule->sample->holding; side++) {
		moment.released += rule->sample->holding[side].released;
		moment.delay_ns += rule->sample->holding[side].delay_ns;
	}
	return moment;
}

/* @old may be NULL. */
static void fill(struct rates_row *row, const struct moment *now,
		 const struct moment *old)
{
	row->packets = now->packets;
	row->dropped = now->dropped;
	row->held = now->held;
	if (!old)
		return;
	row->known = now->packets >= old->packets &&
		     now->dropped >= old->dropped &&
		     now->delayed >= old->delayed;
	row->gained.packets = now->packets - old->packets;
	row->gained.dropped = now->dropped - old->dropped;
	row->gained.delayed = now->delayed - old->delayed;
	row->has_delay = now->released > old->released;
	if (row->has_delay)
		row->delay_ns = (double)(now->delay_ns - old->delay_ns) /
				(double)(now->released - old->released);
}

static void fill_side(struct rates_row *row, const struct stats_table *now,
		      const struct stats_table *before, int side)
{
	struct moment moment = total_moment(&now->total[side]), old;

	row->directions = side == FL_IN ? FL_DIR_IN : FL_DIR_OUT;
	if (before)
		old = total_moment(&before->total[side]);
	fill(row, &moment, before ? &old : NULL);
}

/* In the order in which rules match; an age belongs to one rule. */
static int compare_rules(const void *key, const void *item)
{
	const struct fl_rule *rule = key;
	const struct fl_rule *other =
		&((const struct stats_rule *)item)->sample->rule;

	if (rule->prio != other->prio)
		return rule->prio < other->prio ? -1 : 1;
	return rule->age < other->age ? -1 : rule->age > other->age;
}

/* The same rule, and not another that has got its name since. */
static const struct stats_rule *find_rule(const struct stats_table *table,
					  const struct fl_rule *rule)
{
	return table ? bsearch(rule, table->rules, table->rule_count,
			       sizeof(*table->rules), compare_rules) :
		       NULL;
}

static void fill_rule(struct rates_row *row, const struct stats_rule *rule,
		      const struct stats_table *before)
{
	const struct fl_rule *words = &rule->sample->rule;
	const struct stats_rule *found = find_rule(before, words);
	struct moment moment = rule_moment(rule), old;

	row->name = words->name;
	row->directions = words->directions;
	if (found)
		old = rule_moment(found);
	fill(row, &moment, found ? &old : NULL);
}

int rates_make(const struct stats_table *now, const struct stats_table *before,
	       struct rates *rates)
{
	struct rates_row *rows = calloc(FL_SIDES + now->rule_count,
					sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	*rates = (struct rates){
		.time_ns = now->device->time_ns,
		.holds = now->holds,
		.holds_anew = before && before->holds != now->holds,
		.degraded_anew = now->device->degraded &&
				 !(before && before->device->degraded),
		.rows = rows,
		.count = FL_SIDES + now->rule_count,
	};
	if (before && rates->time_ns > before->device->time_ns)
		rates->interval_ns = rates->time_ns - before->device->time_ns;
	for (int side = 0; side < FL_SIDES; side++)
		fill_side(&rows[side], now, before, side);
	for (size_t i = 0; i < now->rule_count; i++)
		fill_rule(&rows[FL_SIDES + i], &now->rules[i], before);
	return 0;
}

void rates_free(struct rates *rates)
{
	free(rates->rows);
	rates->rows = NULL;
	rates->count = 0;
}
