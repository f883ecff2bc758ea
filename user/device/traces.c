/* SPDX-License-Identifier: GPL-2.0-only */
#include "traces.h"

#include <stdlib.h>
#include <string.h>

#include <faultline/decide.h>

#include "base/path.h"
#include "compile/trace.h"

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

/* The first word from @first on that @others leave free for @words, or
 * FL_TRACE_WORDS. */
static __u32 find_room(const struct fl_rule *const others[], size_t count,
		       __u32 words)
{
	__u32 first = 0;
	size_t i = 0;

	while (i < count) {
		const struct fl_impair *other = find_trace(others[i++]);
		__u32 from, to;

		if (!other)
			continue;
		from = other->u.trace.first;
		to = from + words_of(other->u.trace.length);
		if (from >= first + words || to <= first)
			continue;
		/* Behind this one, and then all of them anew. */
		first = to;
		i = 0;
	}
	return first + words <= FL_TRACE_WORDS ? first : FL_TRACE_WORDS;
}

int traces_place(struct device *dev, struct fl_rule *rule,
		 const struct fl_rule *const others[], size_t count,
		 struct fl_error *error)
{
	struct fl_impair *impair = find_trace(rule);
	struct trace trace;
	__u32 first, words;
	int code;

	if (!impair)
		return 0;
	code = trace_read(rule->file[FL_FILE_TRACE], &trace, error);
	if (code)
		return code;
	words = words_of(trace.length);
	first = find_room(others, count, words);
	if (first == FL_TRACE_WORDS) {
		free(trace.words);
		return fl_fail(error, FL_EXIT_ERROR,
			       "%.200s: no room: the traces of a device have "
			       "at most %u digits in all",
			       rule->file[FL_FILE_TRACE], FL_TRACE_WORDS * 64);
	}
	code = path_make_absolute(rule->file[FL_FILE_TRACE], "trace", error);
	if (code) {
		free(trace.words);
		return code;
	}
	impair->u.trace.first = first;
	impair->u.trace.length = trace.length;
	fl_prepare(impair);
	memcpy(dev->traces + first, trace.words, words * sizeof(*trace.words));
	free(trace.words);
	return 0;
}
