/* SPDX-License-Identifier: GPL-2.0-only */
/* stats -w for people: a few rows per interval. */
#include "out.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "out_style.h"
#include "realised.h"

#define NAME_WIDTH 14

struct row {
	const char *name, *direction;
	__u64 packets, dropped;
	__u64 old_packets, old_dropped;
	bool known;	/* the old ones are */
};

static void print_time(__u64 time_ns)
{
	time_t seconds = (time_t)(time_ns / 1000000000u);
	char text[16];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%T", &tm);
	printf("%s.%llu", text, time_ns / 100000000u % 10);
}

static void print_row(const struct row *row, __u64 time_ns, __u64 ns)
{
	char rate[2][OUT_NUMBER_MAX], count[2][OUT_NUMBER_MAX];
	bool known = row->known && row->packets >= row->old_packets &&
		     row->dropped >= row->old_dropped;

	print_time(time_ns);
	if (strlen(row->name) > NAME_WIDTH)
		printf(" %.*s~", NAME_WIDTH - 1, row->name);
	else
		printf(" %-*s", NAME_WIDTH, row->name);
	printf(" %-4s %11s %10s %13s %11s\n", row->direction,
	       out_rate(rate[0], row->packets - row->old_packets,
			known ? ns : 0, 11),
	       out_rate(rate[1], row->dropped - row->old_dropped,
			known ? ns : 0, 10),
	       out_short(count[0], row->packets, 13),
	       out_short(count[1], row->dropped, 11));
}

/* The same rule, and not another that has got its name since. */
static const struct sample_rule *find_rule(const struct sample *sample,
					   const struct fl_rule *rule)
{
	for (size_t i = 0; sample && i < sample->rule_count; i++) {
		if (sample->rules[i].rule.age == rule->age &&
		    !strcmp(sample->rules[i].rule.name, rule->name))
			return &sample->rules[i];
	}
	return NULL;
}

static void rule_counts(const struct sample_rule *rule, __u64 *packets,
			__u64 *dropped)
{
	*packets = rule->side[FL_IN].packets + rule->side[FL_OUT].packets;
	*dropped = realised_dropped(&rule->side[FL_IN]) +
		   realised_dropped(&rule->side[FL_OUT]);
}

static struct row side_row(const struct sample *sample,
			   const struct sample *before, int side)
{
	const struct fl_counters *now = &sample->totals.seen[side];
	struct row row = {
		.name = "all traffic",
		.direction = side == FL_IN ? "in" : "out",
		.packets = now->packets,
		.dropped = realised_dropped(now),
		.known = before,
	};

	if (before) {
		row.old_packets = before->totals.seen[side].packets;
		row.old_dropped = realised_dropped(&before->totals.seen[side]);
	}
	return row;
}

static struct row rule_row(const struct sample_rule *rule,
			   const struct sample *before)
{
	static const char *const directions[] = {
		[FL_DIR_IN] = "in",
		[FL_DIR_OUT] = "out",
		[FL_DIR_BOTH] = "both",
	};
	const struct sample_rule *old = find_rule(before, &rule->rule);
	struct row row = {
		.name = rule->rule.name,
		.direction = directions[rule->rule.directions & FL_DIR_BOTH],
		.known = old,
	};

	rule_counts(rule, &row.packets, &row.dropped);
	if (old)
		rule_counts(old, &row.old_packets, &row.old_dropped);
	return row;
}

void out_rates_text(const struct sample *sample, const struct sample *before,
		    bool head)
{
	__u64 now = sample->device.time_ns, ns = 0;
	struct row row;

	if (before && now > before->device.time_ns)
		ns = now - before->device.time_ns;
	if (head)
		printf("%s%-10s %-*s %-4s %11s %10s %13s %11s%s\n",
		       out_colour(OUT_HEAD), "TIME", NAME_WIDTH, "RULE", "DIR",
		       "PACKETS/S", "DROPPED/S", "PACKETS", "DROPPED",
		       out_colour(OUT_PLAIN));
	for (int side = 0; side < FL_SIDES; side++) {
		row = side_row(sample, before, side);
		print_row(&row, now, ns);
	}
	for (size_t i = 0; i < sample->rule_count && !out_failed(); i++) {
		row = rule_row(&sample->rules[i], before);
		print_row(&row, now, ns);
	}
}
