/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd.h"
#include "hold/hold.h"
#include "out/stream.h"

struct values {
	bool child;
};

static const struct opt rows[] = {
	{ 0, "child", NULL, OPT_FLAG, offsetof(struct values, child), 0, 0,
	  "as started by add: prints nothing" },
	{ 0 },
};

static void note_ready(void)
{
	out_note("holding packets from now on; Ctrl-C releases them");
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
	.words = { CMD_DEVICE },
	.summary = "hold delayed packets (started automatically)",
	.about = "If the kernel cannot hold packets itself (\"faultline "
		 "doctor\" says so), a process holds them: one for all devices "
		 "of this host, in all network namespaces. The first rule that "
		 "delays starts it, and it ends when the last device is "
		 "detached: there is no need to run this, but a service "
		 "manager may, with any device that has such a rule.\n"
		 "\n"
		 "The process has a worker and a supervisor. While the worker "
		 "is gone or hangs, packets pass undelayed; the supervisor "
		 "starts another within seconds. When the supervisor ends, by "
		 "a signal too, all packets are released at once, and none is "
		 "delayed until another rule that delays is added. The "
		 "worker's nice value is -10, so that other work on its CPU "
		 "does not make packets late. Exit status 4: another process "
		 "holds packets already.\n",
	.examples = "  faultline hold eth0\n",
	.options = rows,
	.options_size = sizeof(struct values),
	.run = run,
};
