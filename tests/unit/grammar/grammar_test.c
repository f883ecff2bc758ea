/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <faultline/abi.h>

#include "grammar/grammar.h"
#include "lib/rule_equal.h"
#include "lib/rule_parse.h"
#include "lib/tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What is typed, and how it is printed. */
static const char *const accepted[][2] = {
	{ "loss 1%", "both loss 1% for 10m" },
	{ "in loss 0.050%", "in loss 0.05% for 10m" },
	{ "loss 100% out", "out loss 100% for 10m" },
	{ "both loss 0%", "both loss 0% for 10m" },
	{ "loss nth 10", "both loss nth 10 for 10m" },
	{ "loss first 3", "both loss first 3 for 10m" },
	{ "loss pattern 00101", "both loss pattern 00101 for 10m" },
	{ "blackhole for 30s", "both blackhole for 30s" },
	{ "blackhole for 60s", "both blackhole for 1m" },
	{ "blackhole for forever", "both blackhole for forever" },
	{ "out fail", "out fail for 10m" },
	{ "fail out", "out fail for 10m" },
	{ "in proto tcp dport 443 loss 1%",
	  "in proto tcp dport 443 loss 1% for 10m" },
	{ "loss 1% dport 443 proto 6 in",
	  "in proto tcp dport 443 loss 1% for 10m" },
	{ "proto icmp6 loss 1%", "both proto icmp6 loss 1% for 10m" },
	{ "proto 132 loss 1%", "both proto sctp loss 1% for 10m" },
	{ "proto 47 loss 1%", "both proto 47 loss 1% for 10m" },
	{ "host 10.1.2.3 blackhole", "both host 10.1.2.3 blackhole for 10m" },
	{ "src 10.1.2.3/16 dst 10.2.0.0/16 blackhole",
	  "both src 10.1.0.0/16 dst 10.2.0.0/16 blackhole for 10m" },
	{ "src FE80::1 blackhole", "both src fe80::1 blackhole for 10m" },
	{ "local 10.0.0.1 local port 22 blackhole",
	  "both local 10.0.0.1 local port 22 blackhole for 10m" },
	{ "remote port 1-1023 remote ::1 blackhole",
	  "both remote ::1 remote port 1-1023 blackhole for 10m" },
	{ "sport 80-80 port 0-65535 blackhole",
	  "both sport 80 port 0-65535 blackhole for 10m" },
	{ "vlan 0 blackhole", "both vlan 0 blackhole for 10m" },
	{ "vlan 4095 blackhole", "both vlan 4095 blackhole for 10m" },
	{ "flows 10% blackhole", "both flows 10% blackhole for 10m" },
	{ "dscp 46 blackhole", "both dscp ef blackhole for 10m" },
	{ "dscp af41 blackhole", "both dscp af41 blackhole for 10m" },
	{ "dscp 8 blackhole", "both dscp cs1 blackhole for 10m" },
	{ "dscp 63 blackhole", "both dscp 63 blackhole for 10m" },
	{ "flags syn,!Ack blackhole", "both flags SYN,!ACK blackhole for 10m" },
	{ "proto tcp flags RST blackhole",
	  "both proto tcp flags RST blackhole for 10m" },
	{ "len 100 blackhole", "both len 100 blackhole for 10m" },
	{ "len 0-1500 packets 1-3 blackhole",
	  "both len 0-1500 packets 1-3 blackhole for 10m" },
	{ "len 1000- packets 4- blackhole",
	  "both len 1000- packets 4- blackhole for 10m" },
	{ "payload blackhole proto udp",
	  "both proto udp payload blackhole for 10m" },
	{ "name web-1_a.b prio 0 dry-run seed 18446744073709551615 loss 1%",
	  "both loss 1% name web-1_a.b prio 0 for 10m dry-run "
	  "seed 18446744073709551615" },
	{ "name abcdefghijklmnopqrstuvw loss 1%",
	  "both loss 1% name abcdefghijklmnopqrstuvw for 10m" },
	{ "name loss loss 1%", "both loss 1% name loss for 10m" },
	{ "prio 100 loss 1%", "both loss 1% for 10m" },
	{ "prio 65535 seed 0 loss 1%",
	  "both loss 1% prio 65535 for 10m seed 0" },
	{ "scope flow loss nth 2", "both loss nth 2 for 10m" },
	{ "loss 1% burst 3", "both loss 1% burst 3 for 10m" },
	{ "loss 1% burst 2.50 in", "in loss 1% burst 2.5 for 10m" },
	{ "loss gemodel 1%", "both loss gemodel 1% 99% 100% 0% for 10m" },
	{ "loss gemodel 1% 10% 70% 0.1% out",
	  "out loss gemodel 1% 10% 70% 0.1% for 10m" },
	{ "loss state 2%", "both loss state 2% 98% 0% 100% 0% for 10m" },
	{ "loss netem 1% 25%", "both loss netem 1% 25% for 10m" },
	{ "loss trace /tmp/x", "both loss trace /tmp/x for 10m" },
	{ "corrupt 1%", "both corrupt 1% for 10m" },
	{ "corrupt 1% payload silent in",
	  "in corrupt 1% payload silent for 10m" },
	{ "corrupt 1% silent", "both corrupt 1% payload silent for 10m" },
	{ "corrupt 1% header dst 10.0.0.1",
	  "both dst 10.0.0.1 corrupt 1% header for 10m" },
	{ "mark-ce 5% drop loss 1% duplicate 2%",
	  "both duplicate 2% loss 1% mark-ce 5% drop for 10m" },
	{ "mangle ttl 1 mangle dscp ef reject",
	  "both reject mangle ttl 1 mangle dscp ef for 10m" },
	{ "scope rule loss nth 2", "both loss nth 2 for 10m scope rule" },
};

static void check_accepted(void)
{
	for (size_t i = 0; i < COUNT(accepted); i++) {
		struct fl_rule rule = { 0 }, again = { 0 };
		struct fl_error error;
		char text[1024] = "";

		tap_is_u64((__u64)rule_parse(accepted[i][0], &rule, &error), 0,
			   "\"%s\": accepted", accepted[i][0]);
		grammar_print_rule(&rule, text, sizeof(text));
		tap_is_str(text, accepted[i][1], "\"%s\": printed",
			   accepted[i][0]);
		rule_parse(text, &again, &error);
		tap_is_str(rule_difference(&rule, &again), NULL,
			   "\"%s\": read back", accepted[i][0]);
	}
}

static const struct {
	const char *text;
	int code;
	const char *error; /* all of it where it ends in a newline */
} rejected[] = {
	{ "", FL_EXIT_USAGE,
	  "nothing to do to the packets: add one of duplicate, loss, " },
	{ "", FL_EXIT_USAGE, ", blackhole, reject, fail, corrupt, mark-ce" },
	{ "in proto tcp", FL_EXIT_USAGE,
	  "nothing to do to the packets: add one of " },
	{ "dportt 443 loss 1%", FL_EXIT_USAGE,
	  "unknown keyword \"dportt\": did you mean \"dport\"?\n" },
	{ "DPORT 443 loss 1%", FL_EXIT_USAGE, "did you mean \"dport\"?" },
	{ "blakchole", FL_EXIT_USAGE, "did you mean \"blackhole\"?" },
	{ "latency 10ms", FL_EXIT_USAGE, "unknown keyword \"latency\"\n" },
	{ "loss 1% x", FL_EXIT_USAGE, "unknown keyword \"x\"\n" },
	{ "\x1b[31m\xc3\xa9", FL_EXIT_USAGE, "unknown keyword \"?[31m??\"\n" },
	{ "1234567890123456789012345678901234567890", FL_EXIT_USAGE,
	  "unknown keyword \"1234567890123456789012345678901234567890\"\n" },
	{ "12345678901234567890123456789012345678901", FL_EXIT_USAGE,
	  "unknown keyword \"1234567890123456789012345678901234567...\"\n" },
	{ "loss 1% dport", FL_EXIT_USAGE,
	  "\"dport\" needs a port up to 65535 or a range, such as "
	  "8000-8100\n" },
	{ "local", FL_EXIT_USAGE, "\"local\" needs an address such as" },
	{ "local port", FL_EXIT_USAGE,
	  "\"local port\" needs a port up to 65535" },
	{ "loss nth", FL_EXIT_USAGE,
	  "\"loss nth\" needs a whole number from 1 to 1000000000\n" },
	{ "loss 1% name", FL_EXIT_USAGE, "\"name\" needs a name of 1 to 23" },
	{ "loss 1", FL_EXIT_USAGE,
	  "\"loss\": \"1\" is not a percentage such as 1% or 0.05%\n" },
	{ "loss 101%", FL_EXIT_USAGE,
	  "\"loss\": \"101%\" is not a percentage" },
	{ "loss burst 3", FL_EXIT_USAGE, "or 0.05%\n" },
	{ "loss 0.00000000001%", FL_EXIT_USAGE,
	  "\"loss\": \"0.00000000001%\" would be rounded to 0% or 100%: "
	  "the least step is 0.00000002%\n" },
	{ "loss 99.99999999999%", FL_EXIT_USAGE, "would be rounded to" },
	{ "loss netem 1% 0.000000001%", FL_EXIT_USAGE, "would be rounded to" },
	{ "loss gemodel 1% 0.000000001%", FL_EXIT_USAGE, "would be rounded" },
	{ "loss state 0.000000001%", FL_EXIT_USAGE, "would be rounded to" },
	{ "loss 0.000000001% burst 3", FL_EXIT_USAGE, "would be rounded to" },
	{ "duplicate 0.000000001%", FL_EXIT_USAGE, "would be rounded to" },
	{ "corrupt 0.000000001%", FL_EXIT_USAGE, "would be rounded to" },
	{ "mark-ce 0.000000001%", FL_EXIT_USAGE, "would be rounded to" },
	{ "flows 0.000000001% loss 1%", FL_EXIT_USAGE, "would be rounded to" },
	{ "delay 1ms reorder 0.000000001%", FL_EXIT_USAGE, "would be rounded" },
	{ "delay 0.1ns", FL_EXIT_USAGE, "\"0.1ns\" is not a time" },
	{ "delay 1ms 0.1ns", FL_EXIT_USAGE, "\"0.1ns\" is not a time" },
	{ "rate 7bit", FL_EXIT_USAGE, "\"7bit\" is not a rate" },
	{ "rate 0.5bit", FL_EXIT_USAGE, "\"0.5bit\" is not a rate" },
	{ "queue 0.1ns rate 1mbit", FL_EXIT_USAGE, "\"0.1ns\" is not a time" },
	{ "slot 0.1ns", FL_EXIT_USAGE, "\"0.1ns\" is not a time" },
	{ "loss 1% burst 1.0001", FL_EXIT_USAGE, "\"1.0001\" is not a number" },
	{ "for 0.1ns loss 1%", FL_EXIT_USAGE, "\"0.1ns\" is not a time" },
	{ "loss nht 3", FL_EXIT_USAGE, ": did you mean \"loss nth\"?\n" },
	{ "loss nth 0", FL_EXIT_USAGE,
	  "\"0\" is not a whole number from 1 to 1000000000\n" },
	{ "loss nth 1000000001", FL_EXIT_USAGE, "\"loss nth\": \"1000000001" },
	{ "loss first x", FL_EXIT_USAGE, "\"loss first\": \"x\" is not a" },
	{ "loss pattern 012", FL_EXIT_USAGE,
	  "\"012\" is not a row of 1 to 128" },
	{ "dport 70000 loss 1%", FL_EXIT_USAGE, "\"dport\": \"70000\" is not" },
	{ "dport 90-80 loss 1%", FL_EXIT_USAGE,
	  "is not a port up to 65535 or a range" },
	{ "dport 80- loss 1%", FL_EXIT_USAGE, "\"dport\": \"80-\" is not" },
	{ "dport loss 1%", FL_EXIT_USAGE, "\"dport\": \"loss\" is not" },
	{ "packets 0 loss 1%", FL_EXIT_USAGE, "\"packets\": \"0\" is not" },
	{ "packets 5-4 loss 1%", FL_EXIT_USAGE, "\"packets\": \"5-4\"" },
	{ "len 4294967296 loss 1%", FL_EXIT_USAGE, "\"len\": \"4294967296\"" },
	{ "src 10.0.0.0/33 loss 1%", FL_EXIT_USAGE, "\"10.0.0.0/33\" is not" },
	{ "proto 256 loss 1%", FL_EXIT_USAGE, "\"proto\": \"256\" is not" },
	{ "proto TCP loss 1%", FL_EXIT_USAGE, "\"proto\": \"TCP\" is not" },
	{ "vlan 4096 loss 1%", FL_EXIT_USAGE, "\"vlan\": \"4096\" is not" },
	{ "dscp 64 loss 1%", FL_EXIT_USAGE, "\"dscp\": \"64\" is not" },
	{ "dscp af44 loss 1%", FL_EXIT_USAGE, "\"dscp\": \"af44\" is not" },
	{ "flows 10 loss 1%", FL_EXIT_USAGE,
	  "\"flows\": \"10\" is not a percentage" },
	{ "flags SYN,SYN loss 1%", FL_EXIT_USAGE, "each once" },
	{ "flags SYN,!SYN loss 1%", FL_EXIT_USAGE, "\"SYN,!SYN\" is not" },
	{ "flags SYN, loss 1%", FL_EXIT_USAGE, "\"SYN,\" is not" },
	{ "flags ! loss 1%", FL_EXIT_USAGE, "\"flags\": \"!\" is not" },
	{ "flags SYN|ACK loss 1%", FL_EXIT_USAGE, "\"SYN|ACK\" is not" },
	{ "for 10 loss 1%", FL_EXIT_USAGE, "\"for\": \"10\" is not a time" },
	{ "for 0s loss 1%", FL_EXIT_USAGE, "\"for\": \"0s\" is not" },
	{ "prio 65536 loss 1%", FL_EXIT_USAGE, "\"prio\": \"65536\" is not a" },
	{ "seed -1 loss 1%", FL_EXIT_USAGE, "\"seed\": \"-1\" is not a" },
	{ "name all loss 1%", FL_EXIT_USAGE,
	  "\"name\": \"all\" is not a name" },
	{ "name -x loss 1%", FL_EXIT_USAGE, "\"name\": \"-x\" is not a name" },
	{ "name a/b loss 1%", FL_EXIT_USAGE, "\"name\": \"a/b\" is not" },
	{ "name abcdefghijklmnopqrstuvwx loss 1%", FL_EXIT_USAGE,
	  "1 to 23 char" },
	{ "loss 70% burst 2", FL_EXIT_USAGE,
	  "\"loss 70% burst 2\": with bursts of N packets, the" },
	{ "loss 1% burst 0.5", FL_EXIT_USAGE,
	  "\"loss ... burst\": \"0.5\" is not a" },
	{ "loss 1% burst", FL_EXIT_USAGE, "\"loss ... burst\" needs a" },
	{ "loss 1% 25%", FL_EXIT_USAGE,
	  "unknown keyword \"25%\": netem's correlation is \"loss netem P% "
	  "25%" },
	{ "loss gemodel 1% x", FL_EXIT_USAGE, "unknown keyword \"x\"" },
	{ "loss gemodel 1% 101%", FL_EXIT_USAGE,
	  "\"loss gemodel\": \"101%\" is not a percentage" },
	{ "loss state 60% 1% 0% 1% 60%", FL_EXIT_USAGE,
	  "\"loss state\": P13 and P14 are more than 100% together" },
	{ "corrupt 1% header silent", FL_EXIT_USAGE,
	  "\"corrupt ... header silent\"" },
	{ "mangle ttl 256", FL_EXIT_USAGE, "\"mangle ttl\": \"256\" is not a" },
	{ "loss netem 1% reject", FL_EXIT_USAGE,
	  "\"loss netem\" and \"reject\" cannot be combined" },
	{ "scope x loss 1%", FL_EXIT_USAGE, "\"scope\": \"x\" is not flow" },
	{ "dport 1 dport 2 loss 1%", FL_EXIT_USAGE,
	  "\"dport\" is given twice\n" },
	{ "payload payload loss 1%", FL_EXIT_USAGE, "\"payload\" is given tw" },
	{ "local port 1 local port 1 loss 1%", FL_EXIT_USAGE,
	  "\"local port\" is given twice\n" },
	{ "prio 1 prio 1 loss 1%", FL_EXIT_USAGE, "\"prio\" is given twice" },
	{ "scope flow scope flow loss 1%", FL_EXIT_USAGE, "\"scope\" is give" },
	{ "dry-run dry-run loss 1%", FL_EXIT_USAGE, "\"dry-run\" is given" },
	{ "in out loss 1%", FL_EXIT_USAGE, "\"in\" and \"out\"" },
	{ "in in loss 1%", FL_EXIT_USAGE, "the direction is given twice" },
	{ "loss 1% loss 1%", FL_EXIT_USAGE, "\"loss\" is given twice\n" },
	{ "loss 1% out fail", FL_EXIT_USAGE, "\"loss\" and \"fail\" cannot" },
	{ "blackhole loss nth 2", FL_EXIT_USAGE,
	  "\"blackhole\" and \"loss nth\" cannot be combined" },
	{ "fail", FL_EXIT_UNSUPPORTED,
	  "\"fail\" works only on outgoing packets: add \"out\"\n" },
	{ "in fail", FL_EXIT_UNSUPPORTED, "add \"out\"\n" },
	{ "fail both", FL_EXIT_UNSUPPORTED, "add \"out\"\n" },
	{ "proto icmp dport 80 loss 1%", FL_EXIT_USAGE,
	  "\"dport\" needs proto tcp, udp or sctp, not icmp\n" },
	{ "remote port 80 proto 47 loss 1%", FL_EXIT_USAGE,
	  "\"remote port\" needs proto tcp, udp or sctp, not 47\n" },
	{ "payload proto icmp6 loss 1%", FL_EXIT_USAGE, "\"payload\" needs" },
	{ "flags SYN proto udp loss 1%", FL_EXIT_USAGE,
	  "\"flags\" needs proto tcp, not udp\n" },
	{ "src 10.0.0.1 dst ::1 loss 1%", FL_EXIT_USAGE,
	  "\"src\" is IPv4 and \"dst\" is IPv6" },
	{ "remote 10.0.0.1 local ::1 loss 1%", FL_EXIT_USAGE,
	  "\"local\" is IPv6 and \"remote\" is IPv4" },
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
		struct fl_rule rule, before;
		struct fl_error error;

		memset(&rule, 0x5a, sizeof(rule));
		memcpy(&before, &rule, sizeof(rule));
		tap_is_u64((__u64)rule_parse(rejected[i].text, &rule, &error),
			   (__u64)rejected[i].code, "rejected %zu: exit code",
			   i);
		if (!tap_ok(says(error.text, rejected[i].error),
			    "rejected %zu: message", i))
			tap_diag("%s: got  %s\nwant %s", rejected[i].text,
				 error.text, rejected[i].error);
		tap_ok(!memcmp(&rule, &before, sizeof(rule)),
		       "rejected %zu: rule untouched", i);
	}
}

static void check_pattern(void)
{
	struct fl_rule rule = { 0 };
	struct fl_error error;
	char text[160] = "loss pattern ";

	rule_parse("loss pattern 10010", &rule, &error);
	tap_is_u64(rule.impairs[0].u.pattern.bits[0], 0x9,
		   "the first digit is bit 0");
	tap_is_u64(rule.impairs[0].u.pattern.length, 5, "pattern length");
	tap_is_u64(rule.impairs[0].wrap_at, (1u << 31) / 5 * 5, "wrap_at");
	for (size_t i = 0; i < 128; i++)
		strcat(text, i == 64 ? "1" : "0");
	tap_is_u64((__u64)rule_parse(text, &rule, &error), 0, "128 digits");
	tap_is_u64(rule.impairs[0].u.pattern.bits[1], 1, "the 65th is bit 64");
	strcat(text, "0");
	tap_is_u64((__u64)rule_parse(text, &rule, &error), FL_EXIT_USAGE,
		   "129 digits");
}

static void check_values(void)
{
	struct fl_rule rule = { 0 };
	struct fl_error error;

	rule_parse("out loss nth 7 for 90s seed 0 flags SYN,!ACK len 9-", &rule,
		   &error);
	tap_is_u64(rule.directions, FL_DIR_OUT, "direction");
	tap_is_u64(rule.lease_ns, 90000000000ull, "lease");
	tap_is_u64(rule.flags, FL_RULE_SEEDED, "a seed of 0 is a seed");
	tap_is_u64(rule.match.flags.mask, 0x12, "flags: mask");
	tap_is_u64(rule.match.flags.value, 0x02, "flags: value");
	tap_is_u64(rule.match.len.high, UINT32_MAX, "an open range");
	tap_is_u64(rule.impairs[0].wrap_at, (1u << 31) / 7 * 7, "wrap_at");
	tap_ok(!rule.age && !rule.created_ns && !rule.expiry_ns && !*rule.name,
	       "age, created, expiry and name are left alone");
}

static void check_match_terms(void)
{
	char *argv[] = { "remote", "port", "80", "loss" };
	struct fl_match match = { 0 };
	struct fl_error error;
	char text[64];

	tap_ok(grammar_parse_match(4, argv, &match, &error) == 3,
	       "a match term of three words");
	tap_ok(grammar_parse_match(1, argv + 3, &match, &error) == 0,
	       "an impairment is no match term");
	tap_ok(grammar_parse_match(0, argv, &match, &error) == 0, "no words");
	tap_ok(grammar_parse_match(2, argv, &match, &error) == -FL_EXIT_USAGE,
	       "given twice");
	tap_ok(grammar_parse_match(1, argv, &match, &error) == -FL_EXIT_USAGE,
	       "no argument");
	tap_is_u64(grammar_print_match(&match, text, sizeof(text)), 14,
		   "printed length");
	tap_is_str(text, "remote port 80", "printed");
	tap_is_u64(grammar_print_match(&match, text, 7), 14, "length needed");
	tap_is_str(text, "remote", "cut to the room there is");
	tap_is_u64(grammar_print_match(&match, NULL, 0), 14, "no room at all");
}

static void check_json(void)
{
	static const char *const cases[][2] = {
		{ "loss 1%", "{\"loss\": 0.01}" },
		{ "loss 0.07%", "{\"loss\": 0.0007}" },
		{ "loss 100%", "{\"loss\": 1.0}" },
		{ "loss 0%", "{\"loss\": 0.0}" },
		{ "loss nth 10", "{\"nth\": 10}" },
		{ "loss first 3", "{\"first\": 3}" },
		{ "loss pattern 00101", "{\"pattern\": \"00101\"}" },
		{ "blackhole", "{\"blackhole\": true}" },
		{ "out fail", "{\"fail\": true}" },
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		rule_asks(cases[i][0], cases[i][1]);
}

static void check_help(void)
{
	char *text = NULL, *save = NULL;
	size_t size = 0, longest = 0;
	FILE *stream = open_memstream(&text, &size);

	grammar_print_help(stream);
	fclose(stream);
#define FIELD(id, words, ...) \
	tap_ok(strstr(text, "\n  " words), "help on %s", words);
#define IMPAIR(id, words, ...) FIELD(id, words, )
#define OPTION(id, words, ...) FIELD(id, words, )
#include <faultline/fields.def>
#include <faultline/impairs.def>
#include "grammar/options.def"
#undef FIELD
#undef OPTION
	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		longest = strlen(line) > longest ? strlen(line) : longest;
	tap_ok(longest < 80, "help fits 80 columns: %zu", longest);
	free(text);
}

int main(void)
{
	check_accepted();
	check_rejected();
	check_pattern();
	check_values();
	check_match_terms();
	check_json();
	check_help();
	return tap_done();
}
