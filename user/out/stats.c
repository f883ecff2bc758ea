/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of a device and its rules, for people. */
#include "out.h"

#include <stdio.h>

#include <faultline/category.h>

#include "base/holder.h"
#include "base/mode.h"
#include "rule.h"
#include "style.h"
#include "stats/realised.h"

static void print_units(const struct sample *sample)
{
	const struct sample_totals *totals = &sample->totals;
	char in[OUT_NUMBER_MAX], out[OUT_NUMBER_MAX];

	/* Where one decision is about one wire packet there is no more to
	 * say; else the ratio must be seen. */
	if (sample->device.mode == FL_MODE_NATIVE)
		puts("  in:  decides on frames (native XDP)");
	else
		printf("  in:  decides on socket buffers (%s), %s wire "
		       "segments\n",
		       sample->device.mode == FL_MODE_GENERIC ? "generic XDP" :
								"tc",
		       out_number(in, totals->seen[FL_IN].segments));
	printf("  out: decides on socket buffers (tc), %s wire segments\n",
	       out_number(out, totals->seen[FL_OUT].segments));
}

/* Nothing where nothing is held. */
static void print_holder(const struct sample *sample)
{
	const char *waits = holder_waits(sample->device.holder);
	bool holds = false;

	for (size_t i = 0; i < sample->rule_count && !holds; i++)
		holds = fl_rule_holds(&sample->rules[i].rule);
	if (holds && *waits)
		printf("  delayed packets wait %s\n", waits);
}

static void print_device(const struct sample *sample)
{
	const struct sample_device *device = &sample->device;
	char up[OUT_NUMBER_MAX];

	printf("%s%s%s: %s mode, attached %s ago%s\n", out_colour(OUT_HEAD),
	       device->name, out_colour(OUT_PLAIN), mode_name(device->mode),
	       out_time(up, device->time_ns > device->epoch_ns ?
				    device->time_ns - device->epoch_ns :
				    0),
	       device->exact ? ", exact (offloads are off)" : "");
	if (device->degraded) {
		printf("  %sdegraded:%s ", out_colour(OUT_BAD),
		       out_colour(OUT_PLAIN));
		out_wrap(12, 12, device->degraded_why);
	}
	print_units(sample);
	print_holder(sample);
}

/* One line of the totals; left out when all is 0 and @always is not set. */
static void print_total(const char *label, __u64 in, __u64 out, bool always)
{
	char text[3][OUT_NUMBER_MAX];

	if (!always && !in && !out)
		return;
	printf("%-22s %17s %17s %17s\n", label, out_short(text[0], in, 17),
	       out_short(text[1], out, 17), out_short(text[2], in + out, 17));
}

/* What is in the totals and in no row of flows. */
static void print_table_losses(const struct fl_tally tally[FL_SIDES])
{
	const struct fl_tally *in = &tally[FL_IN], *out = &tally[FL_OUT];
	__u64 flows = in->evicted_flows + out->evicted_flows;
	__u64 untracked = in->untracked_packets + out->untracked_packets;
	char count[OUT_NUMBER_MAX], packets[OUT_NUMBER_MAX];

	if (flows)
		printf("%s flow%s evicted from the table, with %s packets\n",
		       out_number(count, flows), flows == 1 ? "" : "s",
		       out_number(packets,
				  in->evicted_packets + out->evicted_packets));
	if (untracked)
		printf("%s packets found no room in the flow table\n",
		       out_number(packets, untracked));
	if (flows || untracked)
		puts("(attach --flows makes the table larger)");
}

static void print_total_effects(const struct fl_counters *in,
				const struct fl_counters *out)
{
	char label[48];

	for (int i = 0; i < FL_EFFECTS; i++)
		print_total(out_effect_text(i), in->effect[i], out->effect[i],
			    false);
	print_total("would drop (dry run)", in->would_drop, out->would_drop,
		    false);
	for (int i = 0; i < FL_EFFECTS; i++) {
		snprintf(label, sizeof(label), "%s (dry run)",
			 out_effect_text(i));
		print_total(label, in->would_effect[i], out->would_effect[i],
			    false);
	}
}

static void print_totals(const struct sample_totals *t)
{
	const struct fl_counters *in = &t->seen[FL_IN];
	const struct fl_counters *out = &t->seen[FL_OUT];

	printf("\n%s%-22s %17s %17s %17s%s\n", out_colour(OUT_HEAD), "", "IN",
	       "OUT", "BOTH", out_colour(OUT_PLAIN));
	print_total("packets", in->packets, out->packets, true);
	print_total("bytes", in->bytes, out->bytes, true);
	print_total("dropped", realised_dropped(in), realised_dropped(out),
		    true);
	print_total("  with an error", in->reason[FL_REASON_FAILED],
		    out->reason[FL_REASON_FAILED], false);
	print_total("  with RST or ICMP", in->reason[FL_REASON_REJECTED],
		    out->reason[FL_REASON_REJECTED], false);
	print_total("  by a full queue", in->reason[FL_REASON_OVERFLOW],
		    out->reason[FL_REASON_OVERFLOW], false);
	print_total("  lost while held", t->lost[FL_IN], t->lost[FL_OUT],
		    false);
	print_total("held now", in->reason[FL_REASON_HELD],
		    out->reason[FL_REASON_HELD], false);
	print_total_effects(in, out);
	print_total("let go late", t->delays[FL_IN].late,
		    t->delays[FL_OUT].late, false);
	print_total("no rule matched", t->unmatched[FL_IN].packets,
		    t->unmatched[FL_OUT].packets, false);
	print_total("exempt", t->exempt[FL_IN].packets,
		    t->exempt[FL_OUT].packets, false);
	print_total("not parsed", t->unparsed[FL_IN].packets,
		    t->unparsed[FL_OUT].packets, false);
	print_total("later fragments", t->tally[FL_IN].fragments,
		    t->tally[FL_OUT].fragments, false);
	print_table_losses(t->tally);
}

void out_stats_text(const struct sample *sample)
{
	print_device(sample);
	print_totals(&sample->totals);
	if (!sample->rule_count)
		return;
	printf("\n%s%-*s %-4s %11s %11s %8s %8s  %s%s\n", out_colour(OUT_HEAD),
	       OUT_RULE_NAME, "RULE", "DIR", "PACKETS", "DROPPED", "ASKED",
	       "REALISED", "99 % INTERVAL", out_colour(OUT_PLAIN));
	for (size_t i = 0; i < sample->rule_count && !out_failed(); i++)
		out_rule(&sample->rules[i]);
}
