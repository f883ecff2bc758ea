/* SPDX-License-Identifier: GPL-2.0-only */
#include "counters.h"

#include <stdbool.h>
#include <stddef.h>

static void words_add(__u64 *to, const __u64 *from, size_t size)
{
	for (size_t i = 0; i < size / sizeof(*to); i++)
		to[i] += from[i];
}

void counters_add(struct fl_counters *to, const struct fl_counters *from)
{
	words_add((__u64 *)to, (const __u64 *)from, sizeof(*to));
}

void counters_subtract(struct fl_counters *from, const struct fl_counters *what)
{
	__u64 *to = (__u64 *)from;
	const __u64 *words = (const __u64 *)what;

	for (size_t i = 0; i < sizeof(*from) / sizeof(*to); i++)
		to[i] -= words[i];
}

void counters_settle(struct fl_counters *counters)
{
	for (int i = 0; i < FL_EFFECTS; i++)
		if ((__s64)counters->effect[i] < 0)
			counters->effect[i] = 0;
}

static __u64 least(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

void counters_release(struct fl_counters *counters, __u64 released, __u64 lost)
{
	__u64 *reason = counters->reason;

	/* Taken back on a CPU that was read after the one which counted it. */
	if ((__s64)reason[FL_REASON_HELD] < 0) {
		counters->packets -= reason[FL_REASON_HELD];
		reason[FL_REASON_HELD] = 0;
	}
	released = least(released, reason[FL_REASON_HELD]);
	reason[FL_REASON_HELD] -= released;
	reason[FL_REASON_PASSED] += released;
	lost = least(lost, reason[FL_REASON_HELD]);
	reason[FL_REASON_HELD] -= lost;
	reason[FL_REASON_DROPPED] += lost;
}

__u64 counters_dropped(const struct fl_counters *counters)
{
	static const bool gone[FL_REASONS] = {
#define REASON(id, label, gone, ...) gone,
#include <faultline/reasons.def>
#undef REASON
	};
	__u64 dropped = 0;

	for (int i = 0; i < FL_REASONS; i++)
		dropped += gone[i] ? counters->reason[i] : 0;
	return dropped;
}

struct fl_counters counters_both(const struct fl_counters side[FL_SIDES])
{
	struct fl_counters both = side[FL_IN];

	counters_add(&both, &side[FL_OUT]);
	return both;
}

struct fl_tally tally_both(const struct fl_tally side[FL_SIDES])
{
	struct fl_tally both = side[FL_IN];

	words_add((__u64 *)&both, (const __u64 *)&side[FL_OUT], sizeof(both));
	return both;
}

void holding_since(struct fl_holding *now, const struct fl_holding *base)
{
	now->released -= base->released;
	now->late -= base->late;
	now->delay_ns -= base->delay_ns;
	for (int i = 0; i < FL_HISTOGRAM; i++)
		now->histogram[i] -= base->histogram[i];
}
