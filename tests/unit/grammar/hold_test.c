/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of what holds packets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "grammar/grammar.h"
#include "lib/rule_equal.h"
#include "lib/rule_parse.h"
#include "lib/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What is typed, and how it is printed between "both" and "for 10m". */
static const char *const accepted[][2] = {
	{ "delay 100ms", "delay 100ms" },
	{ "delay 0.1s", "delay 100ms" },
	{ "delay 0ms", "delay 0s" },
	{ "delay 1000s", "delay 1000s" },
	{ "delay 100ms 10ms", "delay 100ms 10ms" },
	{ "delay 0s 2147483647ns", "delay 0s 2.147483647s" },
	/* Negative times are none. */
	{ "delay 1ms 10ms", "delay 1ms 10ms" },
	{ "delay 100ms 0ms", "delay 100ms" },
	{ "delay 100ms 0ms 0%", "delay 100ms" },
	{ "delay 100ms 10ms 0%", "delay 100ms 10ms" },
	{ "delay 100ms 10ms 25%", "delay 100ms 10ms 25%" },
	{ "delay 100ms ordered", "delay 100ms ordered" },
	{ "delay 9ms 1ms distribution normal",
	  "delay 9ms 1ms distribution normal" },
	{ "delay 9ms 1ms distribution uniform", "delay 9ms 1ms" },
	{ "delay 9ms distribution uniform", "delay 9ms" },
	{ "delay 9ms 1ms 5% ordered distribution /tmp/x.dist",
	  "delay 9ms 1ms 5% distribution /tmp/x.dist ordered" },
	{ "delay 9ms 1ms distribution ordered ordered",
	  "delay 9ms 1ms distribution ordered ordered" },
	{ "delay 9ms reorder 25%", "delay 9ms reorder 25%" },
	{ "reorder 25% delay 9ms", "delay 9ms reorder 25%" },
	{ "delay 9ms reorder 25% 50% gap 5",
	  "delay 9ms reorder 25% 50% gap 5" },
	{ "delay 9ms reorder 25% 0% gap 1", "delay 9ms reorder 25%" },
	{ "rate 10mbit", "rate 10mbit" },
	{ "rate 10Mbit", "rate 10mbit" },
	{ "rate 10000000", "rate 10mbit" },
	{ "rate 1MBps", "rate 8mbit" },
	{ "rate 1.5gbit", "rate 1.5gbit" },
	{ "rate 8", "rate 8bit" },
	{ "rate 1tbit", "rate 1tbit" },
	{ "rate 1kibit", "rate 1024bit" },
	{ "rate 1mbit overhead -14", "rate 1mbit overhead -14" },
	{ "rate 1mbit celloverhead 5 cell 48 overhead 18",
	  "rate 1mbit overhead 18 cell 48 celloverhead 5" },
	{ "rate 1mbit overhead 0 cell 48 celloverhead -48",
	  "rate 1mbit cell 48 celloverhead -48" },
	{ "rate 1mbit overhead -65536", "rate 1mbit overhead -65536" },
	{ "rate 1mbit queue 50ms", "rate 1mbit queue 50ms" },
	{ "queue 50ms ecn rate 1mbit", "rate 1mbit queue 50ms ecn" },
	{ "delay 1ms queue 1000", "delay 1ms queue 1000" },
	{ "slot 1ms queue 10 ecn", "queue 10 ecn slot 1ms" },
	{ "slot 1ms", "slot 1ms" },
	{ "slot 1ms 1ms", "slot 1ms 1ms" },
	{ "slot 0s 5ms", "slot 0s 5ms" },
	{ "slot 1ms bytes 3000 packets 2", "slot 1ms packets 2 bytes 3000" },
	{ "slot 2ms 1ms packets 2 distribution pareto",
	  "slot 2ms 1ms distribution pareto packets 2" },
	{ "delay 1ms 1ms distribution normal slot 1ms 1ms distribution pareto",
	  "delay 1ms 1ms distribution normal slot 1ms 1ms distribution "
	  "pareto" },
	/* The second is the match. */
	{ "slot 1ms packets 2 packets 5-", "packets 5- slot 1ms packets 2" },
	{ "duplicate 1% loss 2% delay 3ms mangle ttl 4 rate 5mbit queue 6",
	  "duplicate 1% loss 2% mangle ttl 4 delay 3ms rate 5mbit queue 6" },
	{ "delay 1ms blackhole", "blackhole delay 1ms" },
	{ "corrupt 1% silent payload", "corrupt 1% payload silent" },
	{ "corrupt 1% payload payload", "payload corrupt 1% payload" },
};

static void check_accepted(void)
{
	for (size_t i = 0; i < COUNT(accepted); i++) {
		struct fl_rule rule = { 0 }, again = { 0 };
		struct fl_error error;
		char text[1024] = "", want[256];

		if (!tap_is_u64((__u64)rule_parse(accepted[i][0], &rule,
						  &error),
				0, "\"%s\": accepted", accepted[i][0]))
			tap_diag("%s", error.text);
		grammar_print_rule(&rule, text, sizeof(text));
		snprintf(want, sizeof(want), "both %s for 10m", accepted[i][1]);
		tap_is_str(text, want, "\"%s\": printed", accepted[i][0]);
		rule_parse(text, &again, &error);
		tap_is_str(rule_difference(&rule, &again), NULL,
			   "\"%s\": read back", accepted[i][0]);
	}
}

static const char *const rejected[][2] = {
	{ "delay",
	  "\"delay\" needs a time such as 10ms or 1.5s, up to 1000s\n" },
	{ "delay 10", "\"delay\": \"10\" is not a time such as 10ms or "
		      "1.5s, up to 1000s\n" },
	{ "delay 1001s", "\"delay\": \"1001s\" is not a time" },
	{ "delay 0.5ns", "\"delay\": \"0.5ns\" is not a time" },
	{ "delay -1ms", "\"delay\": \"-1ms\" is not a time" },
	{ "delay 10ms 10", "\"delay\": \"10\" is not a time" },
	{ "delay 10ms 25%", "\"delay\": \"25%\" is not a time" },
	{ "delay 10ms 2147483648ns", "up to 2.147483647s\n" },
	{ "delay 10ms 1ms 25", "\"delay\": \"25\" is not a percentage" },
	{ "delay 10ms 0s 25%", "\"delay ... CORR%\" needs a JITTER\n" },
	{ "delay 10ms distribution normal",
	  "\"delay ... distribution\" needs a JITTER\n" },
	{ "delay 10ms 1ms distribution",
	  "\"delay ... distribution\" needs uniform, normal, pareto, "
	  "paretonormal" },
	{ "delay 10ms 1ms distribution a#b",
	  "\"a#b\" is not uniform, normal, pareto, paretonormal "
	  "or a path of up to 255 characters" },
	{ "delay 10ms ordered ordered",
	  "\"delay ... ordered\" is given twice\n" },
	{ "delay 10ms 1ms distribution a distribution b",
	  "\"delay ... distribution\" is given twice\n" },
	{ "delay 10ms ordered 5ms", "unknown keyword \"5ms\"\n" },
	{ "delay 10ms delay 5ms", "\"delay\" is given twice\n" },
	{ "ordered delay 10ms", "\"ordered\" only follows \"delay\"\n" },
	{ "rate 1mbit in cell 48", "\"cell\" only follows \"rate\"\n" },
	{ "dealy 10ms", "did you mean \"delay\"?\n" },
	{ "reorder 25%", "\"reorder\" needs a delay: it sends packets ahead" },
	{ "reorder 25% rate 1mbit", "\"reorder\" needs a delay" },
	{ "delay 10ms ordered reorder 1%",
	  "\"reorder\" and \"delay ... ordered\" cannot be combined\n" },
	{ "delay 10ms reorder 1% gap 0",
	  "\"reorder ... gap\": \"0\" is not a" },
	{ "rate", "\"rate\" needs a rate such as 10mbit" },
	{ "rate 0", "\"rate\": \"0\" is not a rate such as 10mbit, or "
		    "1mbps for bytes, from 8bit to 1tbit\n" },
	{ "rate 7bit", "\"rate\": \"7bit\" is not a rate" },
	{ "rate 1.5bit", "\"rate\": \"1.5bit\" is not a rate" },
	{ "rate 1.1tbit", "\"rate\": \"1.1tbit\" is not a rate" },
	{ "rate 1mbit overhead 65537", "\"65537\" is not a whole number "
				       "from -65536 to 65536\n" },
	{ "rate 1mbit overhead --1", "\"rate ... overhead\": \"--1\" is not" },
	{ "rate 1mbit overhead -", "\"rate ... overhead\": \"-\" is not a" },
	{ "rate 1mbit cell 0", "\"rate ... cell\": \"0\" is not a" },
	{ "rate 1mbit celloverhead 5",
	  "\"rate ... celloverhead\" needs a cell\n" },
	{ "delay 10ms queue 100ms", "\"queue 100ms\" needs a rate; without "
				    "one, give a number of packets\n" },
	{ "queue 10", "\"queue\" needs delay, rate or slot: otherwise" },
	{ "queue 10 loss 1%", "\"queue\" needs delay, rate or slot" },
	{ "rate 1mbit queue 0", "\"queue\": \"0\" is not a time such" },
	{ "rate 1mbit queue 0ms", "\"queue\": \"0ms\" is not a time such" },
	{ "rate 1mbit queue 2000s", "a time such as 50ms, up to 1000s, or a" },
	{ "rate 1mbit queue 1mbit", "\"queue\": \"1mbit\" is not a time such" },
	{ "slot 5ms 1ms", "\"slot\": MAX is less than MIN\n" },
	{ "slot 5ms distribution normal",
	  "\"slot ... distribution\" needs MAX, one standard deviation\n" },
	{ "slot 5ms 3s distribution normal", "is at most 2.147483647s\n" },
	{ "slot 5ms packets 0", "\"slot ... packets\": \"0\" is not a" },
	{ "slot 5ms packets 5-", "\"slot ... packets\": \"5-\" is not a" },
};

/* A newline at the end of @want stands for the end of @text. */
static bool says(const char *text, const char *want)
{
	char line[512];

	snprintf(line, sizeof(line), "%s\n", text);
	return strstr(line, want) && !strchr(text, '\n');
}

static void check_rejected(void)
{
	for (size_t i = 0; i < COUNT(rejected); i++) {
		struct fl_rule rule;
		struct fl_error error;

		tap_is_u64((__u64)rule_parse(rejected[i][0], &rule, &error),
			   FL_EXIT_USAGE, "rejected %zu: exit code", i);
		if (!tap_ok(says(error.text, rejected[i][1]), "\"%s\": message",
			    rejected[i][0]))
			tap_diag("got  %s\nwant %s", error.text,
				 rejected[i][1]);
	}
}

static void check_json(void)
{
	static const char *const cases[][2] = {
		{ "delay 100ms",
		  "{\"delay_ns\": 100000000, \"jitter_ns\": 0, "
		  "\"delay_correlation\": 0.0, \"distribution\": \"uniform\", "
		  "\"ordered\": false}" },
		{ "delay 1us 1us 25% distribution normal ordered",
		  "{\"delay_ns\": 1000, \"jitter_ns\": 1000, "
		  "\"delay_correlation\": 0.25, \"distribution\": \"normal\", "
		  "\"ordered\": true}" },
		{ "rate 1kbit", "{\"rate_bps\": 1000, \"overhead\": 0, "
				"\"celloverhead\": 0}" },
		{ "rate 1kbit overhead -4 cell 53 queue 9ms",
		  "{\"rate_bps\": 1000, \"overhead\": -4, \"cell\": 53, "
		  "\"celloverhead\": 0, \"queue\": {\"time_ns\": 9000000}, "
		  "\"ecn\": false}" },
		{ "slot 1us", "{\"slot_min_ns\": 1000, "
			      "\"slot_distribution\": \"uniform\"}" },
		{ "slot 1us 2us packets 3 queue 5 ecn",
		  "{\"queue\": {\"packets\": 5}, \"ecn\": true, "
		  "\"slot_min_ns\": 1000, \"slot_max_ns\": 2000, "
		  "\"slot_distribution\": \"uniform\", "
		  "\"slot_packets\": 3}" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		rule_asks(cases[i][0], cases[i][1]);
}

static void check_values(void)
{
	struct fl_rule rule = { 0 };
	struct fl_error error;
	const struct fl_impair *impairs = rule.impairs;

	rule_parse("delay 10ms 1ms 50% distribution a ordered rate 2kbps "
		   "cell 9 queue 5ms slot 1ms 2ms distribution b",
		   &rule, &error);
	tap_is_u64(impairs[0].u.delay.delay_ns, 10000000, "delay");
	tap_is_u64(impairs[0].u.delay.jitter_ns, 1000000, "jitter");
	tap_is_u64(impairs[0].u.delay.correlation_u32, 2147483648u, "50 %%");
	tap_is_u64(impairs[0].u.delay.ordered, 1, "ordered");
	tap_is_u64(impairs[0].u.delay.table, 0, "the table is add's to find");
	tap_is_str(rule.file[FL_FILE_DELAY], "a", "a file");
	tap_is_u64(impairs[1].u.rate.rate_bps, 16000, "bits");
	tap_is_u64(impairs[1].u.rate.cell, 9, "cell");
	tap_is_u64(impairs[2].u.queue.time_ns, 5000000, "queue");
	tap_is_u64(impairs[2].u.queue.packets, 0, "not in packets");
	tap_is_u64(impairs[3].u.slot.max_ns, 2000000, "slot");
	tap_is_str(rule.file[FL_FILE_SLOT], "b", "another file");
	tap_is_str(rule.file[FL_FILE_TRACE], "", "and no trace");
	rule_parse("delay 1ms reorder 1% rate 1kbit overhead -9", &rule,
		   &error);
	tap_is_u64(impairs[1].u.reorder.gap, 1, "the gap is 1");
	tap_ok(impairs[2].u.rate.overhead == -9, "less than nothing");
	tap_is_u64(rule.impair_count, 3, "no queue that was not said");
}

int main(void)
{
	check_accepted();
	check_rejected();
	check_json();
	check_values();
	return tap_done();
}
