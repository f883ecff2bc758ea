/* SPDX-License-Identifier: GPL-2.0-only */
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/category.h>

#include "counters.h"

static struct stats_counts counts_of(const struct fl_counters *counters)
{
	struct stats_counts counts = {
		.packets = counters->packets,
		.bytes = counters->bytes,
		.segments = counters->segments,
		.aggregates = counters->aggregates,
		.mixed = counters->mixed,
		.would_drop = counters->would_drop,
	};

	memcpy(counts.reason, counters->reason, sizeof(counts.reason));
	counts.dropped = counters_dropped(counters);
	memcpy(counts.effect, counters->effect, sizeof(counts.effect));
	memcpy(counts.would_effect, counters->would_effect,
	       sizeof(counts.would_effect));
	return counts;
}

static void make_counts(const struct fl_counters side[FL_SIDES],
			struct stats_counts counts[STATS_COLUMNS])
{
	struct fl_counters both = counters_both(side);

	counts[FL_IN] = counts_of(&side[FL_IN]);
	counts[FL_OUT] = counts_of(&side[FL_OUT]);
	counts[STATS_BOTH] = counts_of(&both);
}

static double mean(const struct stats_total *total)
{
	return total->released ?
		       (double)total->delay_ns / (double)total->released :
		       0;
}

/* All but the counts, which are made for both at once. */
static void add_side(const struct sample_totals *from, int side,
		     struct stats_total *to)
{
	to->unmatched += from->unmatched[side].packets;
	to->unparsed += from->unparsed[side].packets;
	to->exempt += from->exempt[side].packets;
	to->fragments += from->tally[side].fragments;
	to->released += from->delays[side].released;
	to->late += from->delays[side].late;
	to->delay_ns += from->delays[side].delay_ns;
	to->lost += from->lost[side];
	to->mean_delay_ns = mean(to);
}

static void make_totals(const struct sample_totals *from,
			struct stats_total to[STATS_COLUMNS])
{
	struct stats_counts counts[STATS_COLUMNS];

	make_counts(from->seen, counts);
	for (int column = 0; column < STATS_COLUMNS; column++)
		to[column].counts = counts[column];
	for (int side = 0; side < FL_SIDES; side++) {
		add_side(from, side, &to[side]);
		add_side(from, side, &to[STATS_BOTH]);
	}
}

static void make_rule(const struct sample_rule *from, bool exact,
		      struct stats_rule *to)
{
	to->sample = from;
	make_counts(from->side, to->counts);
	to->holds = fl_rule_holds(&from->rule);
	for (int column = 0; column < STATS_COLUMNS && to->holds; column++)
		actual_delay(from, column, &to->delay[column]);
	actual_rates(from, &to->rates);
	remarks_make(from, exact, &to->rates,
		     to->holds ? &to->delay[STATS_BOTH] : NULL, &to->remarks);
}

int stats_table_make(const struct sample *sample, struct stats_table *table)
{
	const struct sample_device *device = &sample->device;

	memset(table, 0, sizeof(*table));
	table->rules = calloc(sample->rule_count + 1, sizeof(*table->rules));
	if (!table->rules)
		return -ENOMEM;
	table->device = device;
	if (device->time_ns > device->epoch_ns)
		table->up_ns = device->time_ns - device->epoch_ns;
	make_totals(&sample->totals, table->total);
	table->tally = tally_both(sample->totals.tally);
	table->rule_count = sample->rule_count;
	for (size_t i = 0; i < table->rule_count; i++) {
		make_rule(&sample->rules[i], device->exact, &table->rules[i]);
		table->holds |= table->rules[i].holds;
	}
	return 0;
}

void stats_table_free(struct stats_table *table)
{
	free(table->rules);
	table->rules = NULL;
	table->rule_count = 0;
}
