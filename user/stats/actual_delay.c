/* SPDX-License-Identifier: GPL-2.0-only */
#include "actual_delay.h"

#include "interval.h"
#include "quantile.h"

/* Adds released packets to @times; returns the sum of their delays. */
static double collect(const struct sample_rule *rule, int first, int last,
		      struct actual_delay *delay, struct quantile *times)
{
	double sum = 0;

	for (int side = first; side <= last; side++) {
		const struct fl_holding *holding = &rule->holding[side];

		delay->released += holding->released;
		delay->late += holding->late;
		delay->held += rule->side[side].reason[FL_REASON_HELD];
		sum += (double)holding->delay_ns;
		quantile_add(times, holding->histogram);
	}
	return sum;
}

/* Whether each packet's delay is drawn by itself. */
static bool is_chance(const struct fl_rule *rule)
{
	for (__u32 i = 0; i < rule->impair_count && i < FL_IMPAIRS_MAX; i++)
		if (rule->impairs[i].kind == FL_IMPAIR_DELAY)
			return rule->impairs[i].u.delay.jitter_ns;
	return false;
}

bool actual_delay(const struct sample_rule *rule, int side,
		  struct actual_delay *delay)
{
	int first = side == FL_SIDES ? 0 : side;
	int last = side == FL_SIDES ? FL_SIDES - 1 : side;
	double sum, least = (double)rule->least_ns;
	struct quantile times = { 0 };

	*delay = (struct actual_delay){
		.has_asked = rule->has_asked_delay,
		.asked_ns = rule->asked_delay_ns,
		.expected_ns = rule->expected_delay_ns,
	};
	if (!rule->holding)
		return false;
	sum = collect(rule, first, last, delay, &times);
	if (!delay->released)
		return true;
	delay->mean_ns = sum / (double)delay->released;
	delay->p50_ns = least + quantile_ns(&times, 0.5);
	delay->p99_ns = least + quantile_ns(&times, 0.99);
	delay->p999_ns = least + quantile_ns(&times, 0.999);
	delay->has_interval = delay->has_asked && is_chance(&rule->rule);
	if (delay->has_interval)
		interval_mean(delay->mean_ns, quantile_variance(&times),
			      delay->released, &delay->low_ns, &delay->high_ns);
	return true;
}
