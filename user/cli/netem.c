/* SPDX-License-Identifier: GPL-2.0-only */
#include <limits.h>

#include "cmd.h"
#include "grammar/grammar.h"
#include "netem/words.h"
#include "out/stream.h"

struct values {
	bool add;
	struct opt_rest own;
};

static const struct opt rows[] = {
	{ 0, "add", NULL, OPT_FLAG, offsetof(struct values, add), 0, 0,
	  "also add the rule" },
	{ 0, "", "RULE...", OPT_REST, offsetof(struct values, own), 0, 0,
	  "append faultline's keywords to the rule" },
	{ 0 },
};

/* With remarks as the format has them. */
static int print(const struct cmd_context *context, const char *device,
		 const struct fl_rule *rule, const struct netem_words *words,
		 struct fl_error *error)
{
	const char *remarks[NETEM_REMARKS_MAX];
	struct out_netem netem = {
		.device = device,
		.rule = rule,
		.remarks = remarks,
		.remark_count = (size_t)words->remark_count,
	};

	for (int i = 0; i < words->remark_count; i++)
		remarks[i] = words->remark[i];
	return context->out->netem(&netem, error);
}

static int add(const struct cmd_context *context, const char *device,
	       struct fl_rule *rule, const struct netem_words *words,
	       struct fl_error *error)
{
	int err = cmd_add_rules(context, device, rule, 1, error);

	for (int i = 0; i < words->remark_count && !err; i++)
		out_note("%s", words->remark[i]);
	return err;
}

static int run(const struct cmd_context *context, int argc, char **argv,
	       struct fl_error *error)
{
	const struct values *values = context->options;
	struct netem_words words;
	struct fl_rule rule;
	int err = cmd_check_words(context, argc, argv, 2, INT_MAX, error);

	if (!err)
		err = netem_translate(argv[0], argc - 1, argv + 1,
				      values->own.argc, values->own.argv,
				      &words, error);
	if (!err)
		err = grammar_parse_rule(words.count, words.word, &rule, error);
	if (err)
		return err;
	return values->add ? add(context, argv[0], &rule, &words, error) :
			     print(context, argv[0], &rule, &words, error);
}

const struct cmd cmd_netem = {
	.name = "netem",
	.args = "DEV WORDS... [--add] [-- RULE...]",
	.words = { CMD_DEVICE, CMD_NETEM },
	.summary = "translate a tc netem command into a rule",
	.about = "WORDS are a tc command, such as \"tc qdisc add dev eth0 root "
		 "netem loss 1%\", or the part after \"netem\". They are read "
		 "as tc reads them, with its abbreviations and defaults. "
		 "Prints the equivalent rule as a line for add, or names the "
		 "keyword without an equivalent (exit status 3). Nothing is "
		 "left out silently.\n"
		 "\n"
		 "The direction is out, unless RULE gives another. Notes say "
		 "where netem would do something else. netem also drops ARP, "
		 "neighbour discovery and your SSH session; rules never do.\n"
		 "\n"
		 "Delayed packets get netem's limit of 1000 packets as their "
		 "queue, unless WORDS give a limit or RULE a queue.\n",
	.examples =
		"  faultline netem eth0 tc qdisc add dev eth0 root netem loss "
		"1% 25%\n"
		"  faultline netem eth0 delay 100ms 10ms distribution normal\n"
		"  faultline netem eth0 loss gemodel 1% 10% -- dst 10.0.0.0/8 "
		"for 1m\n"
		"  faultline netem eth0 duplicate 1% -- in name twice | "
		"faultline add eth0 -f -\n"
		"  faultline netem eth0 --add loss 5% ecn -- proto tcp\n",
	.options = rows,
	.options_size = sizeof(struct values),
	.run = run,
};
