/* SPDX-License-Identifier: GPL-2.0-only */
#include "trace.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <faultline/abi.h>

#include "base/input.h"

#define LENGTH_MAX (FL_TRACE_WORDS * 64)

struct reader {
	const char *at, *end;
	const char *path;
	unsigned line, column;
	struct fl_error *error;
};

static int next(struct reader *in)
{
	int c = in->at < in->end ? (unsigned char)*in->at++ : EOF;

	in->column++;
	if (c != '\n')
		return c;
	in->line++;
	in->column = 0;
	return c;
}

static int read_digit(struct reader *in, int c, struct trace *trace)
{
	if (c != '0' && c != '1')
		return fl_fail(in->error, FL_EXIT_ERROR,
			       "%.200s:%u:%u: a trace holds only the digits 0 "
			       "and 1",
			       in->path, in->line, in->column);
	if (trace->length == LENGTH_MAX)
		return fl_fail(in->error, FL_EXIT_ERROR,
			       "%.200s:%u:%u: a trace has at most %u digits",
			       in->path, in->line, in->column, LENGTH_MAX);
	trace->words[trace->length / 64] |= (__u64)(c == '1')
					    << trace->length % 64;
	trace->length++;
	return 0;
}

static int read_digits(struct reader *in, struct trace *trace)
{
	int c, code = 0;

	while (!code && (c = next(in)) != EOF) {
		if (c == '#') {
			while ((c = next(in)) != EOF && c != '\n')
				;
			continue;
		}
		if (!isspace(c))
			code = read_digit(in, c, trace);
	}
	if (!code && !trace->length)
		return fl_fail(in->error, FL_EXIT_ERROR,
			       "%.200s: this trace has no digits", in->path);
	return code;
}

/* Most traces are much shorter than the longest. */
static void give_back_rest(struct trace *trace)
{
	size_t words = (trace->length + 63) / 64;
	__u64 *less = realloc(trace->words, words * sizeof(*less));

	if (less)
		trace->words = less;
}

int trace_read(const char *path, struct trace *trace, struct fl_error *error)
{
	struct reader in = { .path = path, .line = 1, .error = error };
	struct input text;
	int code;

	*trace = (struct trace){ 0 };
	code = input_read(path, &text, error);
	if (code)
		return code;
	in.at = text.text;
	in.end = text.text + text.length;
	trace->words = calloc(FL_TRACE_WORDS, sizeof(*trace->words));
	if (trace->words)
		code = read_digits(&in, trace);
	else
		code = fl_fail(error, FL_EXIT_ERROR, "out of memory");
	free(text.text);
	if (code) {
		free(trace->words);
		trace->words = NULL;
	} else {
		give_back_rest(trace);
	}
	return code;
}
