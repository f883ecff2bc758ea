/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of a device and its rules, for people. */
#include "out.h"

#include <stdio.h>
#include <string.h>

#include "grammar.h"
#include "mode.h"
#include "out_style.h"
#include "realised.h"
#include "unit.h"

#define WORDS_MAX 1024
#define NAME_WIDTH 14

static const char *const direction_words[] = {
	[FL_DIR_IN] = "in",
	[FL_DIR_OUT] = "out",
	[FL_DIR_BOTH] = "both",
};

/* As people read it: "not ect". */
static const char *effect_text(int effect)
{
	static const char *const labels[FL_EFFECTS] = {
#define EFFECT(id, label, help) label,
#include <faultline/effects.def>
#undef EFFECT
	};
	static char text[32];

	snprintf(text, sizeof(text), "%s", labels[effect]);
	for (char *at = text; *at; at++)
		if (*at == '_')
			*at = ' ';
	return text;
}

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

static void print_device(const struct sample *sample)
{
	const struct sample_device *device = &sample->device;
	char up[OUT_NUMBER_MAX];

	printf("%s%s%s: %s mode, attached %s ago%s\n", out_colour(OUT_HEAD),
	       device->name, out_colour(OUT_PLAIN), mode_name(device->mode),
	       out_time(up, device->time_ns > device->epoch_ns ?
				    device->time_ns - device->epoch_ns : 0),
	       device->exact ? ", exact (offloads are off)" : "");
	if (device->degraded) {
		printf("  %sdegraded:%s ", out_colour(OUT_BAD),
		       out_colour(OUT_PLAIN));
		out_wrap(12, 12, device->degraded_why);
	}
	print_units(sample);
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
		       out_number(packets, in->evicted_packets +
						   out->evicted_packets));
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
		print_total(effect_text(i), in->effect[i], out->effect[i],
			    false);
	print_total("would drop (dry run)", in->would_drop, out->would_drop,
		    false);
	for (int i = 0; i < FL_EFFECTS; i++) {
		snprintf(label, sizeof(label), "%s (dry run)", effect_text(i));
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
	print_total_effects(in, out);
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

static __u64 rule_packets(const struct sample_rule *rule)
{
	return rule->side[FL_IN].packets + rule->side[FL_OUT].packets;
}

static __u64 rule_dropped(const struct sample_rule *rule)
{
	return realised_dropped(&rule->side[FL_IN]) +
	       realised_dropped(&rule->side[FL_OUT]);
}

/* Asked, realised and the interval. */
static void print_realised(const struct realised *r)
{
	char text[OUT_NUMBER_MAX], high[OUT_NUMBER_MAX];

	printf(" %8s", r->has_asked ? out_percent_asked(text, r->asked) : "-");
	printf(" %8s", r->packets ? out_percent(text, r->rate) : "-");
	if (r->has_interval && r->packets) {
		out_percent(text, r->low);
		text[strlen(text) - 1] = '\0';
		printf("  %s-%s", text, out_percent(high, r->high));
	}
}

/* Below the rule's own row, in the same columns. */
static void print_part(const char *label, __u64 count,
		       const struct realised *r)
{
	char packets[OUT_NUMBER_MAX], text[OUT_NUMBER_MAX];

	printf("  %-*s %4s %11s %11s", NAME_WIDTH - 2, label, "",
	       r ? out_short(packets, r->packets, 11) : "",
	       out_short(text, count, 11));
	if (r)
		print_realised(r);
	putchar('\n');
}

static bool has_effects(const struct sample_rule *rule)
{
	struct realised r;

	for (int i = 0; i < FL_EFFECTS; i++)
		if (realised_effect(rule, i, &r))
			return true;
	return false;
}

static void print_effects(const struct sample_rule *rule)
{
	__u64 rejected = rule->side[FL_IN].reason[FL_REASON_REJECTED] +
			 rule->side[FL_OUT].reason[FL_REASON_REJECTED];
	struct realised r;

	if (rejected)
		print_part("rejected", rejected, NULL);
	for (int i = 0; i < FL_EFFECTS; i++) {
		if (realised_effect(rule, i, &r))
			print_part(effect_text(i), r.count,
				   r.has_asked ? &r : NULL);
	}
}

/* What the rule is, without name and direction. */
static void print_words(const struct sample_rule *rule)
{
	char match[WORDS_MAX], impairs[WORDS_MAX];
	char words[2 * WORDS_MAX + 48];
	char left[OUT_NUMBER_MAX];
	bool ends = rule->rule.lease_ns && !rule->expired;

	grammar_print_match(&rule->rule.match, match, sizeof(match));
	grammar_print_impairs(&rule->rule, impairs, sizeof(impairs));
	snprintf(words, sizeof(words), "%s%s%s%s%s", match, *match ? " " : "",
		 impairs, ends ? "; expires in " : "",
		 ends ? out_time(left, rule->remaining_ns) : "");
	fputs("  ", stdout);
	out_wrap(2, 4, words);
}

static bool has_impair(const struct fl_rule *rule, __u32 kind)
{
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (rule->impairs[i].kind == kind)
			return true;
	return false;
}

/* With "mark-ce P% drop". */
static bool drops_others(const struct fl_rule *rule)
{
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (rule->impairs[i].kind == FL_IMPAIR_MARK_CE)
			return rule->impairs[i].u.mark.drop_others;
	return false;
}

/* @of: "" or what the remark is about. */
static void print_expected(const struct sample_rule *rule, const char *of,
			   const struct realised *r)
{
	bool netem = has_impair(&rule->rule, FL_IMPAIR_LOSS_NETEM);
	char text[OUT_NUMBER_MAX];

	printf("  %sexpected is %s: %s\n", of,
	       r->expected > 0 && r->expected < 1e-8 ?
		       "next to nothing" :
		       out_percent_asked(text, r->expected),
	       netem && !*of ? "loss netem does not keep the rate" :
			       "a packet doubled and lost counts as neither");
}

static void print_verdict(const struct sample_rule *rule, const char *of,
			  const struct realised *r)
{
	bool differs = realised_differs(r);

	if (differs)
		print_expected(rule, of, r);
	if (r->verdict == REALISED_TOO_FEW)
		printf("  %stoo few packets to tell if that is as %s\n", of,
		       differs ? "expected" : "asked");
	if (r->verdict == REALISED_BELOW)
		printf("  %sfewer than asked: the rest was %s\n", of,
		       has_impair(&rule->rule, FL_IMPAIR_MARK_CE) ?
			       "marked before, or skipped" : "skipped");
	if (r->verdict != REALISED_OUTSIDE)
		return;
	printf("  %s%s%s is outside the interval%s\n",
	       out_colour(OUT_BAD), of, differs ? "expected" : "ASKED",
	       out_colour(OUT_PLAIN));
	if (r->begins_passing && r->rate < r->expected)
		puts("  each flow begins without loss: short ones lose less");
}

/* What the counts do not say by themselves. */
static void print_effect_remarks(const struct sample_rule *rule)
{
	char of[40];
	struct realised r;

	for (int i = 0; i < FL_EFFECTS; i++) {
		if (!realised_effect(rule, i, &r))
			continue;
		snprintf(of, sizeof(of), "%s: ", effect_text(i));
		print_verdict(rule, of, &r);
		if (i == FL_EFFECT_NOT_ECT)
			printf("  %sno ECN in use, so %s; REALISED of marked "
			       "counts them\n", of,
			       drops_others(&rule->rule) ? "dropped" :
							   "not marked");
		if (i == FL_EFFECT_SKIPPED)
			printf("  %scould not be done: no payload, no room or "
			       "an aggregate (--exact)\n", of);
	}
}

static void print_remarks(const struct sample_rule *rule,
			  const struct realised *r)
{
	if (rule->expired)
		printf("  %sexpired: does nothing any more%s\n",
		       out_colour(OUT_WARN), out_colour(OUT_PLAIN));
	if (rule->rule.flags & FL_RULE_DRY_RUN)
		printf("  dry run: REALISED %s what it would have done\n",
		       has_effects(rule) ? "and the rows below it are" : "is");
	print_verdict(rule, "", r);
	print_effect_remarks(rule);
}

static void print_rule(const struct sample_rule *rule)
{
	char packets[OUT_NUMBER_MAX], dropped[OUT_NUMBER_MAX];
	const struct fl_rule *r = &rule->rule;
	struct realised realised = { 0 };

	printf("%-*s", NAME_WIDTH, r->name);
	if (strlen(r->name) > NAME_WIDTH)
		printf("\n%*s", NAME_WIDTH, "");
	printf(" %-4s %11s %11s", direction_words[r->directions & FL_DIR_BOTH],
	       out_short(packets, rule_packets(rule), 11),
	       out_short(dropped, rule_dropped(rule), 11));
	if (realised_loss(rule, &realised))
		print_realised(&realised);
	putchar('\n');
	print_effects(rule);
	print_words(rule);
	print_remarks(rule, &realised);
}

void out_stats_text(const struct sample *sample)
{
	print_device(sample);
	print_totals(&sample->totals);
	if (!sample->rule_count)
		return;
	printf("\n%s%-*s %-4s %11s %11s %8s %8s  %s%s\n", out_colour(OUT_HEAD),
	       NAME_WIDTH, "RULE", "DIR", "PACKETS", "DROPPED", "ASKED",
	       "REALISED", "99 % INTERVAL", out_colour(OUT_PLAIN));
	for (size_t i = 0; i < sample->rule_count && !out_failed(); i++)
		print_rule(&sample->rules[i]);
}
