/* SPDX-License-Identifier: GPL-2.0-only */
#include "text_stats.h"

#include <stdio.h>

#include "base/holder.h"
#include "base/mode.h"
#include "base/text.h"
#include "labels.h"
#include "number.h"
#include "stream.h"
#include "style.h"
#include "text_rule.h"

static void print_units(const struct stats_table *table)
{
	const struct stats_total *total = table->total;
	char in[OUT_NUMBER_MAX], out[OUT_NUMBER_MAX];

	/* Where one decision is about one wire packet there is no more to
	 * say; else the ratio must be seen. */
	if (table->device->mode == FL_MODE_NATIVE)
		puts("  in:  one decision per frame (native XDP)");
	else
		printf("  in:  one decision per socket buffer (%s%s wire "
		       "packets\n",
		       table->device->mode == FL_MODE_GENERIC ?
			       "generic XDP): at least " :
			       "tc): ",
		       out_number(in, total[FL_IN].counts.segments));
	printf("  out: one decision per socket buffer (tc): %s wire packets\n",
	       out_number(out, total[FL_OUT].counts.segments));
}

/* Not every sender asks the device whether it may build aggregates. */
static void print_inexact(const struct stats_table *table)
{
	__u64 aggregates = table->total[STATS_BOTH].counts.aggregates;
	char text[OUT_NUMBER_MAX];

	if (table->device->exact && aggregates)
		printf("  %snot exact:%s %s buffers of several packets came in "
		       "spite of --exact\n",
		       out_colour(OUT_WARN), out_colour(OUT_PLAIN),
		       out_number(text, aggregates));
}

/* Nothing where nothing is held. */
static void print_holder(const struct stats_table *table)
{
	const char *waits = holder_waits(table->device->holder);

	if (table->holds && *waits)
		printf("  delayed packets are held %s\n", waits);
}

static void print_device(const struct stats_table *table)
{
	const struct sample_device *device = table->device;
	char up[OUT_NUMBER_MAX], name[TEXT_DEVICE_MAX];

	printf("%s%s%s: %s mode, attached %s ago%s\n", out_colour(OUT_HEAD),
	       text_device(device->name, name), out_colour(OUT_PLAIN),
	       mode_name(device->mode), out_time(up, table->up_ns),
	       device->exact ? ", exact (offloads are off)" : "");
	if (device->degraded) {
		printf("  %sdegraded:%s ", out_colour(OUT_BAD),
		       out_colour(OUT_PLAIN));
		out_wrap(12, 12, device->degraded_why);
	}
	print_units(table);
	print_inexact(table);
	print_holder(table);
}

#define AT(member) offsetof(struct stats_total, member)

static __u64 value_at(const struct stats_total *total, size_t offset)
{
	return *(const __u64 *)(const void *)((const char *)total + offset);
}

static void print_line(const struct stats_total total[STATS_COLUMNS],
		       const char *label, size_t offset)
{
	char text[OUT_NUMBER_MAX];

	printf("%-22s", label);
	for (int i = 0; i < STATS_COLUMNS; i++)
		printf(" %17s",
		       out_short(text, value_at(&total[i], offset), 17));
	putchar('\n');
}

/* Left out when there was nothing of it. */
static void print_any(const struct stats_total total[STATS_COLUMNS],
		      const char *label, size_t offset)
{
	if (value_at(&total[STATS_BOTH], offset))
		print_line(total, label, offset);
}

static void print_reasons(const struct stats_total total[STATS_COLUMNS],
			  bool gone)
{
	size_t offset = AT(counts.reason);
	char label[48];

	for (int i = 0; i < FL_REASONS; i++, offset += sizeof(__u64)) {
		const struct label_reason *words = &label_reasons[i];

		if (words->gone != gone || !*words->total)
			continue;
		snprintf(label, sizeof(label), "%s%s", gone ? "  " : "",
			 words->total);
		print_any(total, label, offset);
	}
}

static void print_effects(const struct stats_total total[STATS_COLUMNS],
			  size_t offset, const char *dry)
{
	char label[48];

	for (int i = 0; i < FL_EFFECTS; i++, offset += sizeof(__u64)) {
		snprintf(label, sizeof(label), "%s%s", label_effect_text(i),
			 dry);
		print_any(total, label, offset);
	}
}

static void print_evicted(const struct fl_tally *tally)
{
	__u64 flows = tally->evicted_flows, matched = tally->evicted_ruled;
	char count[OUT_NUMBER_MAX], packets[OUT_NUMBER_MAX];

	if (!flows)
		return;
	printf("%s flow%s evicted from the table, with %s packets\n",
	       out_number(count, flows), flows == 1 ? "" : "s",
	       out_number(packets, tally->evicted_packets));
	if (matched)
		printf("%s of them matched a rule: if a flow comes back, its "
		       "packets are numbered anew\n",
		       out_number(count, matched));
}

/* What is in the totals and in no row of flows. */
static void print_table_losses(const struct fl_tally *tally)
{
	__u64 flows = tally->evicted_flows;
	__u64 untracked = tally->untracked_packets;
	char packets[OUT_NUMBER_MAX];

	print_evicted(tally);
	if (untracked)
		printf("%s packets found no room in the flow table\n",
		       out_number(packets, untracked));
	if (flows || untracked)
		puts("(attach --flows makes the table larger)");
}

static void print_totals(const struct stats_table *table)
{
	const struct stats_total *total = table->total;

	printf("\n%s%-22s %17s %17s %17s%s\n", out_colour(OUT_HEAD), "", "IN",
	       "OUT", "BOTH", out_colour(OUT_PLAIN));
	print_line(total, "packets", AT(counts.packets));
	print_line(total, "bytes", AT(counts.bytes));
	print_line(total, "dropped", AT(counts.dropped));
	print_reasons(total, true);
	print_any(total, "  lost while held", AT(lost));
	print_reasons(total, false);
	print_effects(total, AT(counts.effect), "");
	print_any(total, "would drop (dry run)", AT(counts.would_drop));
	print_effects(total, AT(counts.would_effect), " (dry run)");
	print_any(total, "released late", AT(late));
	print_any(total, "no rule matched", AT(unmatched));
	print_any(total, "exempt", AT(exempt));
	print_any(total, "not parsed", AT(unparsed));
	print_any(total, "later fragments", AT(fragments));
	print_table_losses(&table->tally);
}

int out_text_stats(const struct stats_table *table, struct fl_error *error)
{
	(void)error;
	print_device(table);
	print_totals(table);
	if (!table->rule_count)
		return 0;
	printf("\n%s%-*s %-4s %11s %11s %9s %8s  %s%s\n", out_colour(OUT_HEAD),
	       OUT_RULE_NAME, "RULE", "DIR", "PACKETS", "DROPPED", "REQUESTED",
	       "ACTUAL", "99 % INTERVAL", out_colour(OUT_PLAIN));
	for (size_t i = 0; i < table->rule_count && !out_failed(); i++)
		out_rule(&table->rules[i]);
	return 0;
}
