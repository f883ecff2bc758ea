/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grammar/grammar.h"
#include "netem/words.h"
#include "lib/tap.h"
#include "lib/words.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* @text for device eth0; what follows " -- " is faultline's. */
static int translate(const char *text, struct fl_rule *rule,
		     struct netem_words *made, struct fl_error *error)
{
	static char copy[4096];
	static struct words words;
	int own, err;

	snprintf(copy, sizeof(copy), "%s", text);
	words_split(&words, copy);
	for (own = 0; own < words.argc; own++) {
		if (!strcmp(words.argv[own], "--"))
			break;
	}
	error->text[0] = '\0';
	err = netem_translate("eth0", own, words.argv,
			      own < words.argc ? words.argc - own - 1 : 0,
			      words.argv + own + 1, made, error);
	return err ? err :
		     grammar_parse_rule(made->count, made->word, rule, error);
}

/* The line, the rule without its "for 10m", and a word of each remark but
 * that about the lease. */
static const struct {
	const char *line, *rule, *remarks;
} equal[] = {
	{ "loss 1%", "out loss 1%", "" },
	{ "loss 1", "out loss 1%", "" },
	{ "loss 0.3", "out loss 0.3%", "" },
	{ "loss 1e-3%", "out loss 0.001%", "" },
	{ "loss random .5%", "out loss 0.5%", "" },
	{ "drop 100", "out loss 100%", "" },
	{ "lo 1%", "out loss 1%", "" },
	{ "dr 1%", "out loss 1%", "" },
	{ "loss 1% 0%", "out loss 1%", "" },
	{ "loss 0.3% 25%", "out loss netem 0.3% 25%", "correlation" },
	{ "loss random 1 25", "out loss netem 1% 25%", "correlation" },
	{ "loss 0% loss 2%", "out loss 2%", "" },
	{ "netem loss 1%", "out loss 1%", "" },
	{ "tc qdisc add dev eth0 root netem loss 1%", "out loss 1%", "" },
	{ "tc q a dev eth0 root netem loss 1%", "out loss 1%", "" },
	{ "qdisc add root handle 1: dev eth0 netem loss 1%", "out loss 1%",
	  "" },
	{ "add dev eth0 root netem loss 1%", "out loss 1%", "" },
	{ "root netem loss 1%", "out loss 1%", "" },
	{ "tc qdisc add dev eth0 parent root netem loss 1%", "out loss 1%",
	  "" },
	{ "tc qdisc add dev eth0 parent 1:1 handle 10: netem loss 1%",
	  "out loss 1%", "parent 1:1" },
	{ "tc qdisc change dev eth0 root netem loss 1%", "out loss 1%",
	  "change" },
	{ "tc qdisc replace dev eth0 root netem loss 1%", "out loss 1%",
	  "replace" },
	{ "loss gemodel 1%", "out loss gemodel 1% 99% 100% 0% scope rule",
	  "state" },
	{ "loss gemodel 1% 10% 70% 0.1%",
	  "out loss gemodel 1% 10% 70% 0.1% scope rule", "state" },
	/* 1 - 50 % is 50 % in tc's doubles, though 2^32 - 1 is odd. */
	{ "loss gemodel 50%", "out loss gemodel 50% 50% 100% 0% scope rule",
	  "state" },
	{ "loss state 2", "out loss state 2% 98% 0% 100% 0% scope rule",
	  "state" },
	{ "loss state 2% 50% 10% 70% 1%",
	  "out loss state 2% 50% 10% 70% 1% scope rule", "state" },
	{ "loss gemodel 1% -- scope flow", "out loss gemodel 1% 99% 100% 0%",
	  "" },
	{ "loss 5% ecn", "out mark-ce 5% drop", "" },
	{ "ecn drop 5", "out mark-ce 5% drop", "" },
	{ "duplicate 1%", "out duplicate 1%", "" },
	{ "du 1% 0%", "out duplicate 1%", "" },
	{ "duplicate 1% loss 2%", "out duplicate 1% loss 2%", "copies" },
	{ "corrupt 2%", "out corrupt 2%", "Ethernet" },
	{ "c .5", "out corrupt 0.5%", "Ethernet" },
	{ "loss 1% corrupt 0% duplicate 0% 0%", "out loss 1%", "" },
	{ "loss 1% seed 42", "out loss netem 1% 0% seed 42", "" },
	{ "loss 1% 25% s 7", "out loss netem 1% 25% seed 7", "correlation" },
	{ "loss 1% ecn seed 42", "out mark-ce 1% drop seed 42", "seed 42" },
	{ "duplicate 1% seed 42", "out duplicate 1% seed 42", "seed 42" },
	{ "limit 100 loss 1%", "out loss 1%", "limit 100" },
	{ "loss 1% l 10k", "out loss 1%", "limit 10k" },
	{ "delay 0ms 0ms 0% loss 1%", "out loss 1%", "" },
	{ "delay 0 reorder 0% 25% loss 1%", "out loss 1%", "" },
	{ "delay 100ms", "out delay 100ms queue 1000", "queue 1000 is" },
	{ "de 100ms limit 5k", "out delay 100ms queue 5120", "" },
	{ "lat 1.5msec 500us limit 10", "out delay 1.5ms 500us queue 10", "" },
	{ "delay 1S 20MSECS l 1", "out delay 1s 20ms queue 1", "" },
	{ "delay 0ms 10ms limit 9", "out delay 0s 10ms queue 9", "" },
	{ "delay 0.0000019s l 9", "out delay 1.9us queue 9", "" },
	{ "delay 100ms 10ms 25% l 9", "out delay 100ms 10ms 25% queue 9",
	  "hardly shows" },
	{ "delay 100ms 0 25% l 9", "out delay 100ms queue 9", "" },
	{ "delay 100ms 10ms 0% distribution normal l 9",
	  "out delay 100ms 10ms distribution normal queue 9", "" },
	{ "dist paretonormal delay 100ms 10ms l 9",
	  "out delay 100ms 10ms distribution paretonormal queue 9", "" },
	{ "delay 9ms 9ms distribution uniform l 9", "out delay 9ms 9ms queue 9",
	  "" },
	{ "delay 10ms reorder 25% 50% l 9",
	  "out delay 10ms reorder 25% 50% queue 9", "" },
	{ "gap 5 delay 10ms reorder 25 l 9",
	  "out delay 10ms reorder 25% gap 5 queue 9", "" },
	{ "delay 10ms r 25 gap 1 l 9", "out delay 10ms reorder 25% queue 9",
	  "" },
	{ "delay 10ms r 25 ga 0x10 l 9",
	  "out delay 10ms reorder 25% gap 16 queue 9", "" },
	{ "delay 10ms reorder 0 l 9", "out delay 10ms queue 9", "" },
	{ "rate 1mbit l 9", "out rate 1mbit queue 9", "" },
	/* Whole bytes per second. */
	{ "rate 12345 l 9", "out rate 12344bit queue 9", "" },
	{ "ra 1.5MBps l 9", "out rate 12mbit queue 9", "" },
	{ "rate 8kibit l 9", "out rate 8192bit queue 9", "" },
	{ "rate 5kbit -14 l 9", "out rate 5kbit overhead -14 queue 9", "" },
	{ "rate 5kbit 20 53 5 l 9",
	  "out rate 5kbit overhead 20 cell 53 celloverhead 5 queue 9", "" },
	{ "rate 5kbit 0 48 -3 delay 1ms l 9",
	  "out delay 1ms rate 5kbit cell 48 celloverhead -3 queue 9", "" },
	{ "rate 5kbit 20 -5 l 9", "out rate 5kbit overhead 20 queue 9", "" },
	{ "slot 1ms l 9", "out queue 9 slot 1ms", "" },
	{ "slot 1000 2us l 9", "out queue 9 slot 1us 2us", "" },
	{ "slot 1ms 1ms p 5 b 2k l 9",
	  "out queue 9 slot 1ms packets 5 bytes 2048", "" },
	{ "slot distribution pareto 2ms 1ms bytes 1500b l 9",
	  "out queue 9 slot 2ms 1ms distribution pareto bytes 1500", "" },
	{ "slot 0 packets 1 loss 1%", "out loss 1%", "" },
	{ "loss 1% seed 42 delay 5ms l 9",
	  "out loss netem 1% 0% delay 5ms queue 9 seed 42", "" },
	{ "loss 1% seed 42 delay 5ms 1ms l 9",
	  "out loss 1% delay 5ms 1ms queue 9 seed 42", "seed 42" },
	{ "delay 5ms -- queue 50", "out delay 5ms queue 50", "" },
	{ "delay 5ms -- rate 1mbit queue 50ms",
	  "out delay 5ms rate 1mbit queue 50ms", "" },
	{ "delay 5ms l 4294967295", "out delay 5ms queue 1000000000", "" },
	{ "loss 1% -- in dst 10.0.0.0/8 name x",
	  "in dst 10.0.0.0/8 loss 1% name x", "" },
	{ "loss 1% -- both name in", "both loss 1% name in", "" },
	{ "loss 1% -- name in", "out loss 1% name in", "" },
	{ "loss 1% -- name scope seed 3", "out loss 1% name scope seed 3", "" },
	/* Not the part of the packet that "corrupt 1% payload" is about. */
	{ "corrupt 1% -- payload", "out payload corrupt 1%", "Ethernet" },
	{ "duplicate 1% -- loss nth 3", "out duplicate 1% loss nth 3", "" },
	{ "loss 1% -- dry-run", "out loss 1% dry-run", "" },
};

/* @text without " for 10m". */
static void cut_lease(char *text)
{
	char *lease = strstr(text, " for 10m");

	if (lease)
		memmove(lease, lease + 8, strlen(lease + 8) + 1);
}

static void check_equal(void)
{
	for (size_t i = 0; i < COUNT(equal); i++) {
		struct netem_words made;
		struct fl_rule rule = { 0 };
		struct fl_error error;
		char text[1024] = "";
		int want = 1 + !!*equal[i].remarks;

		translate(equal[i].line, &rule, &made, &error);
		grammar_print_rule(&rule, text, sizeof(text));
		cut_lease(text);
		if (!tap_is_str(text, equal[i].rule, "\"%s\"", equal[i].line))
			tap_diag("%s", error.text);
		tap_is_u64((__u64)made.remark_count, (__u64)want,
			   "\"%s\": remarks", equal[i].line);
		tap_ok(strstr(made.remark[0], equal[i].remarks), "\"%s\": %s",
		       equal[i].line, made.remark[0]);
		tap_ok(made.remark_count &&
			       strstr(made.remark[made.remark_count - 1],
				      "\"-- for"),
		       "\"%s\": and one about the lease", equal[i].line);
	}
}

static const struct {
	const char *line;
	int code;
	const char *error; /* all of it where it ends in a newline */
} refused[] = {
	/* What tc makes nothing of. */
	{ "loss 0.00000000001%", 2,
	  "\"loss\": \"0.00000000001%\" would be rounded to 0%\n" },
	{ "loss random 1e-400", 2, "\"1e-400\" would be rounded to 0%\n" },
	{ "loss 0x1p-40", 2, "\"0x1p-40\" would be rounded to 0%\n" },
	{ "loss 99.99999999999%", 2, "would be rounded to 100%\n" },
	{ "loss 1% 0.00000000001%", 2, "would be rounded to 0%\n" },
	{ "loss gemodel 0.00000000001%", 2, "would be rounded to 0%\n" },
	{ "loss state 1% 1% 0.00000000001%", 2, "would be rounded to 0%\n" },
	{ "duplicate 0.00000000001%", 2, "would be rounded to 0%\n" },
	{ "corrupt 0.00000000001", 2, "would be rounded to 0%\n" },
	{ "delay 1ms reorder 0.00000000001", 2, "would be rounded to 0%\n" },
	{ "delay 0.5ns", 2,
	  "\"delay\": \"0.5ns\" would be rounded to nothing\n" },
	{ "delay 1ms 0.0000001ms", 2, "would be rounded to nothing\n" },
	{ "slot 0.0000001ms", 2, "would be rounded to nothing\n" },
	{ "slot 1ms bytes 0.5", 2, "would be rounded to nothing\n" },
	{ "rate 7", 2, "\"rate\": \"7\" would be rounded to nothing\n" },
	{ "rate 0.5bps", 2, "would be rounded to nothing\n" },
	{ "delay 1ms limit 0.5", 2, "would be rounded to nothing\n" },
	{ "delay 100", 2, "\"delay\": \"100\" needs a unit: tc up to 6.8" },
	{ "delay 100ms 10", 2, "\"delay\": \"10\" needs a unit" },
	{ "delay 100ms 10ms x", 2, "netem keyword \"x\"\n" },
	{ "delay 100ms 10ms 101", 2, "\"delay\": \"101\" is not a percenta" },
	{ "delay 100ms 25%", 2, "\"delay\": \"25%\" is not a time" },
	{ "delay -5ms", 2, "\"delay\": \"-5ms\" is not a time" },
	{ "delay nan", 2, "\"delay\": \"nan\" is not a time" },
	{ "delay 1e300s", 2, "\"delay\": \"1e300s\" is not a time" },
	{ "delay 2000s", 2, "\"delay\": \"2000s\" is not a time" },
	{ "delay 5s 3s", 2, "\"delay\": \"3s\" is not a time" },
	{ "delay 0x", 2, "\"delay\": \"0x\" is not a time, such as 10ms\n" },
	{ "rate", 2, "\"rate\" needs a rate\n" },
	{ "rate 10%", 3, "\"rate 10%\" has no equivalent: a rate in perc" },
	{ "rate 1mbits", 2, "\"rate\": \"1mbits\" is not a rate" },
	{ "rate 1mbit 1x", 2, "\"rate\": \"1x\" is not a whole number" },
	{ "rate 1mbit 70000", 2, "\"70000\" is not a whole number from -65" },
	{ "slot", 2, "\"slot\" needs a time or a distribution\n" },
	{ "slot packets 5", 2, "\"slot\" needs a time or a distribution\n" },
	{ "slot 5ms 1ms", 2, "\"slot\": the maximum is less than the min" },
	{ "slot 5ms packets x", 2, "\"slot packets\": \"x\" is not a whole" },
	{ "slot 5ms bytes", 2, "\"slot bytes\" needs a number of bytes\n" },
	{ "slot 5ms bytes 1q", 2, "\"slot bytes\": \"1q\" is not a number" },
	{ "slot 5ms bytes 5 packets 1", 2, "netem keyword \"packets\"" },
	{ "slot distribution normal 5ms", 2,
	  "\"slot distribution\" needs a time\n" },
	{ "slot distribution normal 5ms 0", 2, "a jitter of more than 0\n" },
	{ "slot distribution uniform 5ms 1ms", 3, "write \"slot MIN MAX\"\n" },
	{ "slot distribution normal 5ms 3s", 2,
	  "\"slot ... distribution\": MAX, one standard deviation, is at" },
	{ "reorder 25% 50%", 2, "\"reorder\" needs a delay\n" },
	{ "reorder 25% delay 0 1ms", 2, "\"reorder\" needs a delay\n" },
	{ "gap 5", 2, "\"gap\" needs a reorder\n" },
	{ "gap x", 2, "\"gap\": \"x\" is not a whole number" },
	{ "distribution", 2, "needs the name of a distribution\n" },
	{ "distribution normal", 2,
	  "\"distribution\" needs a delay and a jitter\n" },
	{ "delay 5ms distribution normal", 2,
	  "\"distribution\" needs a delay and a jitter\n" },
	{ "delay 5ms 1ms distribution nromal", 2, "did you mean \"normal\"?" },
	{ "delay 5ms 1ms distribution experimental", 3,
	  "\"distribution experimental\" has no equivalent: add knows uni" },
	{ "jitter 5ms", 3, "\"jitter\" has no equivalent: write \"delay " },
	/* tc reads "d" and "de" as delay. */
	{ "d 1%", 2, "\"d\": \"1%\" is not a time" },
	{ "duplicate 1% 25%", 3, "correlation \"25%\" has no equivalent\n" },
	{ "corrupt 1% 5", 3, "\"corrupt\": the correlation \"5\" has no" },
	{ "loss 1% 25% ecn", 3, "\"ecn\" has an equivalent only with" },
	{ "loss gemodel 1% ec", 3, "\"ec\" has an equivalent only" },
	{ "limit 0", 3, "\"limit 0\" drops every packet" },
	{ "limit 1000", 3, "\"limit 1000\" has no equivalent, and these" },
	{ "", 2, "these netem keywords do nothing" },
	{ "loss 0%", 2, "these netem keywords do nothing" },
	{ "duplicate 0%", 2, "these netem keywords do nothing" },
	{ "tc qdisc add dev eth0 root netem", 2, "do nothing to packets" },
	{ "lsos 1%", 2, "netem keyword \"lsos\": did you mean \"loss" },
	{ "foo", 2, "netem keyword \"foo\"\n" },
	{ "loss 1% in", 2, "own keywords after \"--\"\n" },
	{ "loss 1% dst 10.0.0.1", 2, "netem keyword \"dst\": put" },
	{ "loss 1% 2% 3%", 2, "netem keyword \"3%\"\n" },
	{ "loss", 2, "\"loss\" needs a percentage, state or gemodel\n" },
	{ "loss random", 2, "\"loss random\" needs a percentage\n" },
	{ "loss .5%", 2, "\"loss\": \".5%\" is neither a percentage nor" },
	{ "loss gemodle 1%", 2, "did you mean \"gemodel\"?\n" },
	{ "loss 101%", 2, "\"loss\": \"101%\" is not a percentage" },
	{ "loss 1x", 2, "\"loss\": \"1x\" is not a percentage" },
	{ "loss state 1% 1% 1% x", 2, "netem keyword \"x\"\n" },
	{ "loss state 1% 200%", 2, "\"loss state\": \"200%\" is not" },
	{ "loss state 60% 1% 0% 1% 60%", 2, "P13 and P14 are more than 100%" },
	{ "loss gemodel -1%", 2, "\"loss gemodel\": \"-1%\" is not" },
	{ "loss random nan", 2, "\"nan\" is not a percentage" },
	{ "loss 1% loss 1%", 2, "\"loss\": the loss is given twice\n" },
	{ "loss state 0% drop 1%", 2, "\"drop\": the loss is given twice\n" },
	{ "ecn", 2, "\"ecn\" needs a loss" },
	{ "loss 0% ecn", 2, "\"ecn\" needs a loss" },
	{ "seed", 2, "\"seed\" needs a number\n" },
	{ "loss 1% seed x", 2, "\"seed\": \"x\" is not a seed" },
	{ "loss 1% seed -1", 2, "\"seed\": \"-1\" is not a seed" },
	{ "limit many", 2, "\"limit\": \"many\" is not a number of packets\n" },
	{ "limit", 2, "\"limit\" needs a number of packets\n" },
	{ "delay", 2, "\"delay\" needs a time\n" },
	{ "tc", 2, "\"qdisc\" is missing after \"tc\"\n" },
	{ "tc qdisc", 2, "\"add\" is missing after \"qdisc\"\n" },
	{ "tc qdisc add dev eth0", 2, "\"netem\" is missing after \"eth0\"\n" },
	{ "tc qdisc add dev", 2, "\"dev\" needs a device\n" },
	{ "tc qdisc ad dev eth0 root netme loss 1%", 2, "did you mean \"nete" },
	{ "tc qdisc add dev eth1 root netem loss 1%", 2,
	  "\"dev eth1\": the rule is for eth0\n" },
	{ "tc qdisc add dev ifb0 root netem loss 1%", 2, "\"-- in\"\n" },
	{ "tc qdisc del dev eth0 root", 3, "\"faultline del eth0 NAME\"" },
	{ "tc qdisc show dev eth0", 2, "show\" does not make a rule\n" },
	{ "tc qdisc repalce dev eth0", 2, "did you mean \"replace\"?\n" },
	{ "tc class add dev eth0", 3, "\"tc class\" has no equivalent" },
	{ "tc qdisc add dev eth0 root tbf rate 1mbit", 3,
	  "qdisc \"tbf\" has no equivalent; only netem does\n" },
	{ "tc qdisc add dev eth0 ingress", 3,
	  "\"ingress\" has no equivalent\n" },
	{ "root stab overhead 4 netem loss 1%", 3,
	  "\"stab\" has no equivalent\n" },
	{ "loss 1% -- loss 2%", 2, "\"loss\" is given twice\n" },
	{ "loss 1% -- in out", 2, "the direction is given twice" },
	{ "loss 1% seed 1 -- seed 2", 2, "\"seed\" is given twice\n" },
	{ "loss 1% -- name", 2, "\"name\" needs a name\n" },
	{ "loss 1% -- for", 2, "\"for\" needs a time or forever\n" },
	{ "loss 1% -- dportt 80", 2, "did you mean \"dport\"?\n" },
	{ "l\x1b[1m", 2, "netem keyword \"l?[1m\"\n" },
};

/* A newline at the end of @want stands for the end of @text. */
static bool says(const char *text, const char *want)
{
	char line[512];

	snprintf(line, sizeof(line), "%s\n", text);
	return strstr(line, want) && !strchr(text, '\n');
}

static void check_refused(void)
{
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct netem_words made;
		struct fl_rule rule;
		struct fl_error error;

		tap_is_u64((__u64)translate(refused[i].line, &rule, &made,
					    &error),
			   (__u64)refused[i].code, "refused %zu: exit code", i);
		if (!tap_ok(says(error.text, refused[i].error),
			    "refused %zu: message", i))
			tap_diag("%s: got  %s\nwant %s", refused[i].line,
				 error.text, refused[i].error);
	}
}

/* The numbers that tc would give to the kernel. */
static void check_numbers(void)
{
	struct netem_words made;
	struct fl_rule rule = { 0 };
	struct fl_error error;

	translate("loss gemodel 50% -- both", &rule, &made, &error);
	tap_is_u64(rule.impairs[0].u.gemodel.enter_u32, 2147483648u, "p");
	tap_is_u64(rule.impairs[0].u.gemodel.leave_u32, 2147483648u, "1-p");
	tap_is_u64(rule.directions, FL_DIR_BOTH, "both");
	tap_is_u64(rule.flags & FL_RULE_SCOPE, FL_RULE_SCOPE, "scope rule");
	tap_is_u64(rule.lease_ns, FL_LEASE_DEFAULT_NS, "the lease");
	translate("loss 33.3 25 -- for forever", &rule, &made, &error);
	tap_is_u64(rule.impairs[0].u.netem.probability_u32, 1430224109,
		   "33.3 %%");
	tap_is_u64(rule.impairs[0].u.netem.correlation_u32, 1073741824,
		   "25 %%");
	tap_is_u64(rule.lease_ns, 0, "forever");
	tap_is_u64((__u64)made.remark_count, 1, "no remark about it then");
}

/* Words in any order: a rule that add takes, or one line that says why not. */
static void check_random(void)
{
	static const char *const some[] = {
		"tc",	   "qdisc",	"add",		"dev",	  "eth0",
		"root",	   "netem",	"loss",		"state",  "gemodel",
		"random",  "1%",	"25",		"0",	  "99.9%",
		"ecn",	   "duplicate", "corrupt",	"seed",	  "limit",
		"delay",   "0ms",	"--",		"in",	  "name",
		"x",	   "for",	"1m",		"scope",  "flow",
		"payload", "parent",	"1:1",		"change", "",
		"reorder", "loss",	"1%",		"loss",	  "delay",
		"10ms",	   "rate",	"1mbit",	"-4",	  "48",
		"slot",	   "gap",	"distribution", "normal", "packets",
		"queue",   "ordered",
	};
	unsigned int state = 1, rules = 0, bad = 0;

	for (int i = 0; i < 200000; i++) {
		struct netem_words made;
		struct fl_rule rule;
		struct fl_error error;
		char line[1024] = "";
		int code;

		for (int n = rand_r(&state) % 12; n >= 0; n--) {
			strcat(line,
			       some[(size_t)rand_r(&state) % COUNT(some)]);
			strcat(line, " ");
		}
		code = translate(line, &rule, &made, &error);
		rules += !code;
		if (code ? (code == 2 || code == 3) && *error.text &&
				    !strchr(error.text, '\n') :
			   made.remark_count <= NETEM_REMARKS_MAX &&
				    made.number_count <= NETEM_NUMBERS_MAX)
			continue;
		bad++;
		tap_diag("%s: %d %s", line, code, error.text);
	}
	tap_is_u64(bad, 0, "any words: a rule or a reason");
	tap_ok(rules > 100, "%u of them rules", rules);
}

static void check_many(void)
{
	char line[4096] = "loss 1% --";
	struct netem_words made;
	struct fl_rule rule;
	struct fl_error error;

	for (int i = 0; i < 300; i++)
		strcat(line, " payload");
	tap_is_u64((__u64)translate(line, &rule, &made, &error), FL_EXIT_USAGE,
		   "300 words");
	tap_is_str(error.text, "too many words", "too many");
}

int main(void)
{
	check_equal();
	check_refused();
	check_numbers();
	check_many();
	check_random();
	return tap_done();
}
