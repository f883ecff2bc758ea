/* SPDX-License-Identifier: GPL-2.0-only */
#include "text_replay.h"

#include <stdio.h>

#include "grammar/grammar.h"
#include "labels.h"
#include "stream.h"

struct line {
	char text[400];
	size_t used;
};

static void put_count(struct line *line, __u64 count, const char *label)
{
	if (count && line->used < sizeof(line->text))
		line->used += (size_t)snprintf(line->text + line->used,
					       sizeof(line->text) - line->used,
					       ", %llu %s", count, label);
}

static void note_rule(const struct stats_rule *rule)
{
	const struct stats_counts *counts = &rule->counts[STATS_BOTH];
	const struct fl_rule *r = &rule->sample->rule;
	struct line line = { "", 0 };
	char words[160];

	grammar_print_impairs(r, words, sizeof(words));
	for (int i = 0; i < FL_REASONS; i++)
		put_count(&line, counts->reason[i], label_reasons[i].label);
	for (int i = 0; i < FL_EFFECTS; i++)
		put_count(&line, counts->effect[i], label_effect[i]);
	put_count(&line, counts->would_drop, "would be dropped");
	out_note("%s (%s): %llu packets%s%s", r->name, words, counts->packets,
		 line.used ? ": " : "", line.used ? line.text + 2 : "");
}

static void note_passed(const struct stats_total *total)
{
	struct line line = { "", 0 };

	put_count(&line, total->unmatched, "matched no rule");
	put_count(&line, total->unparsed, "could not be parsed");
	put_count(&line, total->exempt, "exempt");
	if (line.used)
		out_note("passed: %s", line.text + 2);
}

/* A rule for a direction that no packet took does nothing. */
static void note_direction(const struct stats_table *table)
{
	for (size_t i = 0; i < table->rule_count; i++) {
		const struct fl_rule *rule = &table->rules[i].sample->rule;

		if (rule->directions == FL_DIR_OUT) {
			out_note("%s is for outgoing packets, but all were "
				 "taken as incoming: use --local to say which "
				 "go out",
				 rule->name);
			return;
		}
	}
}

int out_text_replay(const struct out_replay *done, struct fl_error *error)
{
	const struct sample_replay *replay = done->replay;
	const struct stats_table *table = done->table;

	(void)error;
	out_note("%llu packets read, %llu written", replay->packets,
		 replay->written);
	for (size_t i = 0; i < table->rule_count; i++)
		note_rule(&table->rules[i]);
	note_passed(&table->total[STATS_BOTH]);
	if (!replay->sided && !replay->out)
		note_direction(table);
	return 0;
}
