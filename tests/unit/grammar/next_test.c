/* SPDX-License-Identifier: GPL-2.0-only */
/* What may come next in a rule. */
#include <stdio.h>
#include <string.h>

#include <faultline/abi.h>

#include "grammar/grammar.h"
#include "lib/tap.h"
#include "lib/words.h"

/* The words, each with a blank on both sides. */
struct heard {
	char text[4096];
};

static void hear(void *to, const char *word)
{
	struct heard *heard = to;
	size_t used = strlen(heard->text);

	snprintf(heard->text + used, sizeof(heard->text) - used, "%s ", word);
}

static void ask(const char *line, struct grammar_next *next,
		struct heard *heard)
{
	struct words words;
	char text[512];

	snprintf(text, sizeof(text), "%s", line);
	words_split(&words, text);
	strcpy(heard->text, " ");
	next->word = hear;
	next->to = heard;
	grammar_next(words.argc, words.argv, next);
}

static bool has(const struct heard *heard, const char *word)
{
	char padded[80];

	snprintf(padded, sizeof(padded), " %s ", word);
	return strstr(heard->text, padded);
}

/* All that may come, where it is little. */
static void test_exact(void)
{
	static const char *const cases[][2] = {
		{ "proto", " tcp udp icmp icmp6 sctp " },
		{ "in scope", " flow rule " },
		{ "for", " forever " },
		{ "name", " " },
		{ "src", " " },
		{ "mangle", " ttl dscp " },
		{ "remote", " port " },
		{ "loss 1% nonsense", " " },
		{ "loss x", " " },
		{ "delay 10ms 1ms distribution",
		  " uniform normal pareto paretonormal " },
		{ "flags", " FIN SYN RST PSH ACK URG ECE CWR " },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct grammar_next next = { 0 };
		struct heard heard;

		ask(cases[i][0], &next, &heard);
		tap_is_str(heard.text, cases[i][1], "after \"%s\"",
			   cases[i][0]);
	}
}

/* What may come among others, and what may not. */
static void test_some(void)
{
	static const struct {
		const char *line, *may, *may_not;
	} cases[] = {
		{ "", "in", "burst" },
		{ "", "proto", "tcp" },
		{ "", "mangle", "ttl" },
		{ "", "dry-run", "ordered" },
		{ "in", "blackhole", "fail" },
		{ "out", "fail", "both" },
		{ "proto tcp", "dport", "proto" },
		{ "loss", "gemodel", "proto" },
		{ "loss 1%", "burst", "blackhole" },
		{ "loss 1%", "corrupt", "loss" },
		{ "loss 1% burst 3", "for", "burst" },
		{ "loss gemodel 1%", "out", "loss" },
		{ "mangle ttl 3", "mangle", "ordered" },
		{ "delay 10ms", "ordered", "delay" },
		{ "delay 10ms ordered", "distribution", "ordered" },
		{ "delay 10ms ordered", "reorder", "gap" },
		{ "name loss", "loss", "name" },
		{ "corrupt 1% silent", "header", "silent" },
		{ "mangle dscp", "af11", "in" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct grammar_next next = { 0 };
		struct heard heard;

		ask(cases[i].line, &next, &heard);
		tap_ok(has(&heard, cases[i].may), "after \"%s\": \"%s\"",
		       cases[i].line, cases[i].may);
		tap_ok(!has(&heard, cases[i].may_not),
		       "after \"%s\": not \"%s\"", cases[i].line,
		       cases[i].may_not);
	}
}

static void test_flows(void)
{
	struct grammar_next next = { .flows = true };
	struct heard heard;

	ask("proto tcp", &next, &heard);
	tap_ok(has(&heard, "dport"), "a flow has ports");
	tap_ok(!has(&heard, "flags"), "it has no flags");
	tap_ok(!has(&heard, "loss"), "a match has no impairments");
	tap_ok(!has(&heard, "in") && !has(&heard, "name"),
	       "neither direction nor options");
}

static void test_file(void)
{
	static const struct {
		const char *line;
		bool file;
	} cases[] = {
		{ "loss trace", true },
		{ "slot 1ms distribution", true },
		{ "loss 1%", false },
		{ "slot 1ms", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct grammar_next next = { 0 };
		struct heard heard;

		ask(cases[i].line, &next, &heard);
		tap_is_u64(next.file, cases[i].file,
			   "whether a file may follow \"%s\"", cases[i].line);
	}
}

/* Every row can be asked for. */
static void test_rows(void)
{
	static const char *const rows[] = {
#define IMPAIR(id, words, ...) words,
#define FIELD(id, words, ...) words,
#include <faultline/fields.def>
#include <faultline/impairs.def>
#undef FIELD
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t length = strcspn(rows[i], " ");
		struct grammar_next next = { 0 };
		struct heard heard;
		char first[64];

		snprintf(first, sizeof(first), "%.*s", (int)length, rows[i]);
		ask("", &next, &heard);
		tap_ok(has(&heard, first), "\"%s\": the first word", rows[i]);
		if (!rows[i][length])
			continue;
		ask(first, &next, &heard);
		tap_ok(has(&heard, rows[i] + length + 1),
		       "\"%s\": the second word", rows[i]);
	}
}

int main(void)
{
	test_exact();
	test_some();
	test_flows();
	test_file();
	test_rows();
	return tap_done();
}
