/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd.h"
#include "hold/hold.h"
#include "out/stream.h"

struct values {
	bool child;
};

static const struct opt rows[] = {
	{ 0, "child", NULL, OPT_FLAG, offsetof(struct values, child), 0, 0,
	  "as add starts it: without a word" },
	{ 0 },
};

static void note_ready(void)
{
	out_note("packets are held from now on; Ctrl-C lets them go");
}

static int run(const struct cmd_context *context, int argc, char **argv,
	       struct fl_error *error)
{
	const struct values *values = context->options;
	int err = cmd_check_words(context, argc, argv, 1, 1, error);
	struct hold_options options = { .device = argv[0] };

	if (err)
		return err;
	if (!values->child)
		options.ready = note_ready;
	return hold_run(&options, error);
}

const struct cmd cmd_hold = {
	.name = "hold",
	.args = "DEV",
	.summary = "be the process that holds delayed packets",
	.about =
		"Where the kernel cannot hold packets by itself (\"faultline "
		"doctor\" says so), a\n"
		"process does it. The first rule that holds packets starts it, "
		"and detach ends\n"
		"it: there is no need to call this, but a service manager may "
		"run it instead.\n"
		"\n"
		"It is a worker and a supervisor. Packets pass undelayed while "
		"the worker is\n"
		"not there or hangs; the supervisor starts another within "
		"seconds. When it ends\n"
		"itself, by a signal too, all packets go at once, and none is "
		"delayed until the\n"
		"next rule that delays is added. The worker's nice value is "
		"-10, so that others\n"
		"on the same CPU do not make packets late. Exit status 4: "
		"another one holds the\n"
		"packets of this device.\n",
	.examples = "  faultline hold eth0\n",
	.options = rows,
	.options_size = sizeof(struct values),
	.run = run,
};
