/* SPDX-License-Identifier: GPL-2.0-only */
#include "text_rates.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "grammar/grammar.h"
#include "number.h"
#include "stream.h"
#include "style.h"

#define NAME_WIDTH 14

static void print_time(__u64 time_ns)
{
	time_t seconds = (time_t)(time_ns / 1000000000u);
	char text[16];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%T", &tm);
	printf("%s.%llu", text, time_ns / 100000000u % 10);
}

static void print_row(const struct rates_row *row, const struct rates *rates)
{
	const char *name = row->name ? row->name : "all traffic";
	const char *direction = grammar_direction(row->directions);
	__u64 ns = row->known ? rates->interval_ns : 0;
	char text[5][OUT_NUMBER_MAX];

	print_time(rates->time_ns);
	if (strlen(name) > NAME_WIDTH)
		printf(" %.*s~", NAME_WIDTH - 1, name);
	else
		printf(" %-*s", NAME_WIDTH, name);
	printf(" %-4s", direction);
	out_rate(text[0], row->gained.packets, ns, rates->holds ? 9 : 11);
	out_rate(text[1], row->gained.dropped, ns, rates->holds ? 9 : 10);
	if (rates->holds)
		printf(" %9s %9s %9s %7s %9s\n", text[0], text[1],
		       out_rate(text[2], row->gained.delayed, ns, 9),
		       out_short(text[3], row->held, 7),
		       row->has_delay ? out_delay(text[4], row->delay_ns) :
					"-");
	else
		printf(" %11s %10s %13s %11s\n", text[0], text[1],
		       out_short(text[2], row->packets, 13),
		       out_short(text[3], row->dropped, 11));
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

int out_text_beat(const struct out_beat *beat, struct fl_error *error)
{
	const struct rates *rates = beat->rates;
	const struct sample_device *device = beat->table->device;

	(void)error;
	if (beat->head || rates->holds_anew)
		print_head(rates->holds);
	for (size_t i = 0; i < rates->count && !out_failed(); i++)
		print_row(&rates->rows[i], rates);
	/* Once, when it happens: the counters no longer say everything. */
	if (rates->degraded_anew)
		out_note("%s: degraded: %s", device->name,
			 device->degraded_why);
	return 0;
}
