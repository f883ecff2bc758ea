/* SPDX-License-Identifier: GPL-2.0-only */
#include "traces.h"

#include <string.h>

#include <faultline/decide.h>

static struct fl_impair *find_trace(const struct fl_rule *rule)
{
	for (__u32 i = 0; i < rule->impair_count; i++)
		if (rule->impairs[i].kind == FL_IMPAIR_LOSS_TRACE)
			return (struct fl_impair *)&rule->impairs[i];
	return NULL;
}

static __u32 words_of(__u32 length)
{
	return (length + 63) / 64;
}

static bool is_used(const struct traces *traces, __u32 word)
{
	return traces->used[word / 64] >> word % 64 & 1;
}

/* The first of @words words that are free, or FL_TRACE_WORDS. */
static __u32 find_room(const struct traces *traces, __u32 words)
{
	__u32 first = 0, found = 0;

	while (found < words && first + words <= FL_TRACE_WORDS) {
		if (first % 64 == 0 && !found && !~traces->used[first / 64]) {
			first += 64;
		} else if (is_used(traces, first + found)) {
			first += found + 1;
			found = 0;
		} else {
			found++;
		}
	}
	return found == words ? first : FL_TRACE_WORDS;
}

void traces_note(struct traces *traces, const struct fl_rule *rule)
{
	const struct fl_impair *impair = find_trace(rule);
	__u32 first, words;

	if (!impair)
		return;
	first = impair->u.trace.first;
	words = words_of(impair->u.trace.length);
	for (__u32 i = first; i < first + words && i < FL_TRACE_WORDS; i++)
		traces->used[i / 64] |= 1ull << i % 64;
}

int traces_place(struct device *dev, struct fl_rule *rule,
		 const struct traces *traces, const struct contents *contents,
		 struct fl_error *error)
{
	struct fl_impair *impair = find_trace(rule);
	const struct trace *trace;
	__u32 first, words;

	if (!impair)
		return 0;
	trace = contents_trace(contents, rule->file[FL_FILE_TRACE]);
	words = words_of(trace->length);
	first = find_room(traces, words);
	if (first == FL_TRACE_WORDS)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: no room: the traces of a device have "
			       "at most %u digits in all",
			       rule->file[FL_FILE_TRACE], FL_TRACE_WORDS * 64);
	impair->u.trace.first = first;
	impair->u.trace.length = trace->length;
	fl_prepare(impair);
	memcpy(dev->traces + first, trace->words,
	       words * sizeof(*trace->words));
	return 0;
}
