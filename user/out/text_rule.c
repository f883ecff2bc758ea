/* SPDX-License-Identifier: GPL-2.0-only */
#include "text_rule.h"

#include <stdio.h>
#include <string.h>

#include "grammar/grammar.h"
#include "labels.h"
#include "number.h"
#include "style.h"

/* Asked, actual and the interval. */
static void print_actual(const struct actual *r)
{
	char text[OUT_NUMBER_MAX], high[OUT_NUMBER_MAX];

	printf(" %9s", r->has_asked ? out_percent_asked(text, r->asked) : "-");
	printf(" %8s", r->packets ? out_percent(text, r->rate) : "-");
	if (r->has_interval && r->packets) {
		out_percent(text, r->low);
		text[strlen(text) - 1] = '\0';
		printf("  %s-%s", text, out_percent(high, r->high));
	}
}

/* Below the rule's own row, in the same columns. */
static void print_part(const char *label, __u64 count, const struct actual *r)
{
	char packets[OUT_NUMBER_MAX], text[OUT_NUMBER_MAX];

	printf("  %-*s %11s %11s", OUT_RULE_NAME + 3, label,
	       r ? out_short(packets, r->packets, 11) : "",
	       out_short(text, count, 11));
	if (r)
		print_actual(r);
	putchar('\n');
}

/* How long packets really waited. */
static void print_times(const char *label, const struct actual_delay *delay)
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

/* The row of what was delayed has times under REQUESTED and ACTUAL. */
static void print_delayed(const struct stats_rule *rule, __u64 count)
{
	const struct actual_delay *delay = &rule->delay[STATS_BOTH];
	char text[OUT_NUMBER_MAX];

	printf("  %-*s %11s %11s", OUT_RULE_NAME + 3,
	       label_effect_text(FL_EFFECT_DELAYED), "",
	       out_short(text, count, 11));
	printf(" %9s",
	       delay->has_asked ? out_delay_asked(text, delay->asked_ns) : "-");
	printf(" %8s", delay->released ? out_delay(text, delay->mean_ns) : "-");
	if (delay->has_interval)
		printf("  %s",
		       out_delay_span(text, delay->low_ns, delay->high_ns));
	putchar('\n');
	print_times("in", &rule->delay[FL_IN]);
	print_times("out", &rule->delay[FL_OUT]);
}

static void print_reasons(const struct stats_counts *counts, bool gone)
{
	for (int i = 0; i < FL_REASONS; i++) {
		const struct label_reason *words = &label_reasons[i];

		if (words->gone == gone && *words->row && counts->reason[i])
			print_part(words->row, counts->reason[i], NULL);
	}
}

static void print_parts(const struct stats_rule *rule)
{
	bool dry = rule->sample->rule.flags & FL_RULE_DRY_RUN;

	print_reasons(&rule->counts[STATS_BOTH], true);
	print_reasons(&rule->counts[STATS_BOTH], false);
	for (int i = 0; i < FL_EFFECTS; i++) {
		const struct actual *r = &rule->rates.effect[i];

		if (!rule->rates.has_effect[i])
			continue;
		if (i == FL_EFFECT_DELAYED && !dry)
			print_delayed(rule, r->count);
		else
			print_part(label_effect_text(i), r->count,
				   r->has_asked ? r : NULL);
	}
}

/* What the rule is, without name and direction. */
static void print_words(const struct sample_rule *rule)
{
	char match[GRAMMAR_WORDS_MAX], impairs[GRAMMAR_WORDS_MAX];
	char words[2 * GRAMMAR_WORDS_MAX + 48];
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

enum value { VALUE_NONE, VALUE_RATE, VALUE_TIME, VALUE_COUNT };

static const struct {
	enum out_colour look;
	enum value value;
	const char *text;
} remark_rows[REMARK_KINDS] = {
#define REMARK(id, look, value, text) { OUT_##look, VALUE_##value, text },
#include "stats/remarks.def"
#undef REMARK
};

static const char *remark_value(char text[OUT_NUMBER_MAX],
				const struct remark *remark)
{
	double value = remark->value;

	switch (remark_rows[remark->kind].value) {
	case VALUE_TIME:
		return out_delay(text, value);
	case VALUE_COUNT:
		return out_number(text, (__u64)value);
	case VALUE_RATE:
		return value > 0 && value < 1e-8 ?
			       "next to nothing" :
			       out_percent_asked(text, value);
	case VALUE_NONE:
		break;
	}
	return "";
}

static void print_remark(const struct remark *remark)
{
	enum out_colour look = remark_rows[remark->kind].look;
	char value[OUT_NUMBER_MAX];

	fputs("  ", stdout);
	if (look != OUT_PLAIN)
		fputs(out_colour(look), stdout);
	if (remark->effect >= 0)
		printf("%s: ", label_effect_text(remark->effect));
	printf(remark_rows[remark->kind].text, remark_value(value, remark));
	if (look != OUT_PLAIN)
		fputs(out_colour(OUT_PLAIN), stdout);
	putchar('\n');
}

void out_rule(const struct stats_rule *rule)
{
	const struct stats_counts *counts = &rule->counts[STATS_BOTH];
	char packets[OUT_NUMBER_MAX], dropped[OUT_NUMBER_MAX];
	const struct fl_rule *r = &rule->sample->rule;

	printf("%-*s", OUT_RULE_NAME, r->name);
	if (strlen(r->name) > OUT_RULE_NAME)
		printf("\n%*s", OUT_RULE_NAME, "");
	printf(" %-4s %11s %11s", grammar_direction(r->directions),
	       out_short(packets, counts->packets, 11),
	       out_short(dropped, counts->dropped, 11));
	if (rule->rates.has_loss)
		print_actual(&rule->rates.loss);
	putchar('\n');
	print_parts(rule);
	print_words(rule->sample);
	for (size_t i = 0; i < rule->remarks.count; i++)
		print_remark(&rule->remarks.list[i]);
}
