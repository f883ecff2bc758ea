/* SPDX-License-Identifier: GPL-2.0-only */
/* stats -w for people: a few rows per interval. */
#include "out.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <faultline/category.h>

#include "style.h"
#include "stats/realised.h"

#define NAME_WIDTH 14

/* What the columns are made of, at one moment. */
struct counts {
	__u64 packets, dropped, delayed, held;
	__u64 released, delay_ns;
};

struct row {
	const char *name, *direction;
	struct counts now, old;
	bool known; /* the old ones are */
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

/* Mean delay of those let go meanwhile. */
static const char *mean_delay(char text[OUT_NUMBER_MAX], const struct row *row)
{
	__u64 released = row->now.released - row->old.released;
	__u64 delay_ns = row->now.delay_ns - row->old.delay_ns;

	if (!row->known || !released || row->now.released < row->old.released)
		return strcpy(text, "-");
	return out_delay(text, (double)delay_ns / (double)released);
}

static void print_row(const struct row *row, __u64 time_ns, __u64 ns,
		      bool holds)
{
	char text[5][OUT_NUMBER_MAX];
	const struct counts *now = &row->now, *old = &row->old;
	bool known = row->known && now->packets >= old->packets &&
		     now->dropped >= old->dropped &&
		     now->delayed >= old->delayed;

	if (!known)
		ns = 0;
	print_time(time_ns);
	if (strlen(row->name) > NAME_WIDTH)
		printf(" %.*s~", NAME_WIDTH - 1, row->name);
	else
		printf(" %-*s", NAME_WIDTH, row->name);
	out_rate(text[0], now->packets - old->packets, ns, holds ? 9 : 11);
	out_rate(text[1], now->dropped - old->dropped, ns, holds ? 9 : 10);
	if (holds)
		printf(" %-4s %9s %9s %9s %7s %9s\n", row->direction, text[0],
		       text[1],
		       out_rate(text[2], now->delayed - old->delayed, ns, 9),
		       out_short(text[3], now->held, 7),
		       mean_delay(text[4], row));
	else
		printf(" %-4s %11s %10s %13s %11s\n", row->direction, text[0],
		       text[1], out_short(text[2], now->packets, 13),
		       out_short(text[3], now->dropped, 11));
}

static void print_head(bool holds)
{
	printf("%s%-10s %-*s %-4s ", out_colour(OUT_HEAD), "TIME", NAME_WIDTH,
	       "RULE", "DIR");
	if (holds)
		printf("%9s %9s %9s %7s %9s", "PACKETS/S", "DROPPED/S",
		       "DELAYED/S", "HELD", "DELAY");
	else
		printf("%11s %10s %13s %11s", "PACKETS/S", "DROPPED/S",
		       "PACKETS", "DROPPED");
	puts(out_colour(OUT_PLAIN));
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

static void add_counts(struct counts *to, const struct fl_counters *from)
{
	to->packets += from->packets;
	to->dropped += realised_dropped(from);
	to->delayed += from->effect[FL_EFFECT_DELAYED];
	to->held += from->reason[FL_REASON_HELD];
}

static struct counts rule_counts(const struct sample_rule *rule)
{
	struct counts sum = { 0 };

	for (int side = 0; side < FL_SIDES; side++) {
		add_counts(&sum, &rule->side[side]);
		sum.released += rule->holding[side].released;
		sum.delay_ns += rule->holding[side].delay_ns;
	}
	return sum;
}

static struct counts side_counts(const struct sample *sample, int side)
{
	const struct sample_delays *delays = &sample->totals.delays[side];
	struct counts sum = {
		.released = delays->released,
		.delay_ns = delays->delay_ns,
	};

	add_counts(&sum, &sample->totals.seen[side]);
	return sum;
}

static struct row side_row(const struct sample *sample,
			   const struct sample *before, int side)
{
	struct row row = {
		.name = "all traffic",
		.direction = side == FL_IN ? "in" : "out",
		.now = side_counts(sample, side),
		.known = before,
	};

	if (before)
		row.old = side_counts(before, side);
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

	row.now = rule_counts(rule);
	if (old)
		row.old = rule_counts(old);
	return row;
}

/* Whether there is a rule that delays: then that is what is looked at. */
static bool any_holds(const struct sample *sample)
{
	for (size_t i = 0; sample && i < sample->rule_count; i++)
		if (fl_rule_holds(&sample->rules[i].rule))
			return true;
	return false;
}

void out_rates_text(const struct sample *sample, const struct sample *before,
		    bool head)
{
	bool holds = any_holds(sample);
	__u64 now = sample->device.time_ns, ns = 0;
	struct row row;

	if (before && now > before->device.time_ns)
		ns = now - before->device.time_ns;
	if (head || (before && holds != any_holds(before)))
		print_head(holds);
	for (int side = 0; side < FL_SIDES; side++) {
		row = side_row(sample, before, side);
		print_row(&row, now, ns, holds);
	}
	for (size_t i = 0; i < sample->rule_count && !out_failed(); i++) {
		row = rule_row(&sample->rules[i], before);
		print_row(&row, now, ns, holds);
	}
}
