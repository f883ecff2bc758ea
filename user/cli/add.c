/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "grammar/grammar.h"
#include "grammar/rulefile.h"

struct values {
	const char *file;
};

static const struct opt rows[] = {
	{ 'f', "file", "FILE", OPT_FILE, offsetof(struct values, file), 0, 0,
	  "rules from FILE (- is stdin), all of them or none" },
	{ 0 },
};

/* "# expires in 9m58s" of what list printed is a comment here as well. */
static int without_comment(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (*argv[i] == '#')
			return i;
	}
	return argc;
}

static int read_words(const struct cmd_context *context, int argc, char **argv,
		      struct fl_rule **rules, size_t *count,
		      struct fl_error *error)
{
	argc = without_comment(argc, argv);
	if (!argc)
		return fl_fail(error, FL_EXIT_USAGE,
			       "add: missing RULE; usage: faultline add %s",
			       context->cmd->args);
	*count = 1;
	return rulefile_words(argc, argv, rules, error);
}

static int run(const struct cmd_context *context, int argc, char **argv,
	       struct fl_error *error)
{
	const struct values *values = context->options;
	struct fl_rule *rules = NULL;
	size_t count = 0;
	int err = argc ? 0 : cmd_check_words(context, argc, argv, 1, 1, error);

	if (!err && values->file)
		err = cmd_check_words(context, argc, argv, 1, 1, error);
	if (err)
		return err;
	if (values->file)
		err = rulefile_load(values->file, argv[0], &rules, &count,
				    error);
	else
		err = read_words(context, argc - 1, argv + 1, &rules, &count,
				 error);
	if (!err)
		err = cmd_add_rules(context, argv[0], rules, count, error);
	free(rules);
	return err;
}

const struct cmd cmd_add = {
	.name = "add",
	.args = "DEV RULE... | DEV -f FILE",
	.words = { CMD_DEVICE, CMD_RULE },
	.summary = "add a rule, or rules from a file",
	.about = "RULE: [DIRECTION] [MATCH...] IMPAIRMENT [OPTION...], in any "
		 "order.\n"
		 "\n"
		 "Adds a rule and prints its name. The first rule that matches "
		 "a packet decides alone: lower prio first, then older rules. "
		 "The kernel ends a rule after 10 minutes, or after the time "
		 "given with \"for\".\n"
		 "\n"
		 "-f reads one rule per line, as \"list\" prints them. It adds "
		 "all of them at once, or none if one is wrong.\n",
	.examples =
		"  faultline add eth0 in proto tcp dport 443 loss 1%\n"
		"  faultline add eth0 both host 10.1.2.3 blackhole for 30s\n"
		"  faultline add eth0 out dst 10.1.0.0/16 loss 5% flows 10% "
		"name gray\n"
		"  faultline add eth0 in proto tcp flags SYN,!ACK loss first "
		"1 dry-run\n"
		"  faultline list eth0 | ssh other faultline add eth0 -f -\n",
	.options = rows,
	.options_size = sizeof(struct values),
	.grammar = true,
	.run = run,
};
