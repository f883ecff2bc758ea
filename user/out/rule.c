/* SPDX-License-Identifier: GPL-2.0-only */
#include "rule.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <faultline/category.h>

#include "grammar/grammar.h"
#include "style.h"
#include "stats/realised.h"

#define WORDS_MAX 2048 /* with three paths */

static const char *const direction_words[] = {
	[FL_DIR_IN] = "in",
	[FL_DIR_OUT] = "out",
	[FL_DIR_BOTH] = "both",
};

const char *out_effect_text(int effect)
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

static __u64 rule_packets(const struct sample_rule *rule)
{
	return rule->side[FL_IN].packets + rule->side[FL_OUT].packets;
}

static __u64 rule_reason(const struct sample_rule *rule, enum fl_reason reason)
{
	return rule->side[FL_IN].reason[reason] +
	       rule->side[FL_OUT].reason[reason];
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
static void print_part(const char *label, __u64 count, const struct realised *r)
{
	char packets[OUT_NUMBER_MAX], text[OUT_NUMBER_MAX];

	printf("  %-*s %4s %11s %11s", OUT_RULE_NAME - 2, label, "",
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

/* How long packets really waited. */
static void print_times(const char *label, const struct realised_delay *delay)
{
	char mean[OUT_NUMBER_MAX], text[3][OUT_NUMBER_MAX];
	char late[OUT_NUMBER_MAX];

	if (delay->released)
		printf("    %-3s  mean %8s  p50 %8s  p99 %8s  p99.9 %8s  "
		       "late %s\n",
		       label, out_delay(mean, delay->mean_ns),
		       out_delay(text[0], delay->p50_ns),
		       out_delay(text[1], delay->p99_ns),
		       out_delay(text[2], delay->p999_ns),
		       out_short(late, delay->late, 7));
}

/* The row of what was delayed has times under ASKED and REALISED. */
static void print_delayed(const struct sample_rule *rule, __u64 count)
{
	char text[OUT_NUMBER_MAX];
	struct realised_delay delay;

	realised_delay(rule, FL_SIDES, &delay);
	printf("  %-*s %4s %11s %11s", OUT_RULE_NAME - 2,
	       out_effect_text(FL_EFFECT_DELAYED), "", "",
	       out_short(text, count, 11));
	printf(" %8s",
	       delay.has_asked ? out_delay_asked(text, delay.asked_ns) : "-");
	printf(" %8s", delay.released ? out_delay(text, delay.mean_ns) : "-");
	if (delay.has_interval)
		printf("  %s",
		       out_delay_span(text, delay.low_ns, delay.high_ns));
	putchar('\n');
	realised_delay(rule, FL_IN, &delay);
	print_times("in", &delay);
	realised_delay(rule, FL_OUT, &delay);
	print_times("out", &delay);
}

static void print_effects(const struct sample_rule *rule)
{
	static const struct {
		enum fl_reason reason;
		const char *label;
	} reasons[] = {
		{ FL_REASON_REJECTED, "rejected" },
		{ FL_REASON_OVERFLOW, "queue full" },
		{ FL_REASON_HELD, "held now" },
	};
	bool dry = rule->rule.flags & FL_RULE_DRY_RUN;
	struct realised r;

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (rule_reason(rule, reasons[i].reason))
			print_part(reasons[i].label,
				   rule_reason(rule, reasons[i].reason), NULL);
	for (int i = 0; i < FL_EFFECTS; i++) {
		if (!realised_effect(rule, i, &r))
			continue;
		if (i == FL_EFFECT_DELAYED && !dry)
			print_delayed(rule, r.count);
		else
			print_part(out_effect_text(i), r.count,
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
			       "marked before, or skipped" :
			       "skipped");
	if (r->verdict != REALISED_OUTSIDE)
		return;
	printf("  %s%s%s is outside the interval%s\n", out_colour(OUT_BAD), of,
	       differs ? "expected" : "ASKED", out_colour(OUT_PLAIN));
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
		snprintf(of, sizeof(of), "%s: ", out_effect_text(i));
		print_verdict(rule, of, &r);
		if (i == FL_EFFECT_NOT_ECT)
			printf("  %sno ECN in use, so %s; REALISED of marked "
			       "counts them\n",
			       of,
			       drops_others(&rule->rule) ? "dropped" :
							   "not marked");
		if (i == FL_EFFECT_SKIPPED)
			printf("  %scould not be done: no payload, no room or "
			       "an aggregate (--exact)\n",
			       of);
		if (i == FL_EFFECT_SKIPPED && fl_rule_holds(&rule->rule))
			printf("  %sor was not delayed, for nobody was there "
			       "to hold it\n",
			       of);
	}
}

static void print_delay_remarks(const struct sample_rule *rule)
{
	char text[OUT_NUMBER_MAX];
	struct realised_delay delay;

	if (!realised_delay(rule, FL_SIDES, &delay))
		return;
	if (fabs(delay.expected_ns - delay.asked_ns) > 0.005 * delay.asked_ns)
		printf("  delayed: expected is %s: jitter of seconds is not "
		       "even, as in netem\n",
		       out_delay(text, delay.expected_ns));
	if (delay.late)
		puts("  late: let go 1 ms or more after their time");
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
	print_delay_remarks(rule);
}

void out_rule(const struct sample_rule *rule)
{
	char packets[OUT_NUMBER_MAX], dropped[OUT_NUMBER_MAX];
	const struct fl_rule *r = &rule->rule;
	struct realised realised = { 0 };

	printf("%-*s", OUT_RULE_NAME, r->name);
	if (strlen(r->name) > OUT_RULE_NAME)
		printf("\n%*s", OUT_RULE_NAME, "");
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
