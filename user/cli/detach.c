/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd.h"

#include "device/device.h"
#include "out/number.h"
#include "out/stream.h"

struct values {
	bool all, now;
};

static const struct opt rows[] = {
	{ 'a', "all", NULL, OPT_FLAG, offsetof(struct values, all), 0, 0,
	  "all devices of this network namespace, and leftovers" },
	{ 0, "now", NULL, OPT_FLAG, offsetof(struct values, now), 0, 0,
	  "do not wait for packets held by engine fq" },
	{ 0 },
};

static int check_words(const struct cmd_context *context, int argc, char **argv,
		       struct fl_error *error)
{
	const struct values *values = context->options;

	if (argc && values->all)
		return fl_fail(
			error, FL_EXIT_USAGE,
			"detach: \"%.60s\" cannot be combined with --all",
			argv[0]);
	if (!argc && !values->all)
		return fl_fail(error, FL_EXIT_USAGE,
			       "detach: missing DEV or --all");
	return cmd_check_words(context, argc, argv, 0, 1, error);
}

static void note_wait(const char *device, __u64 packets, __u64 wait_ns)
{
	char number[OUT_NUMBER_MAX];

	out_note("%s: waiting up to %.1f s for %s packet%s that %s held "
		 "(\"detach --now\" does not wait)",
		 device, (double)wait_ns / 1e9, out_number(number, packets),
		 packets == 1 ? "" : "s", packets == 1 ? "is" : "are");
}

static int run(const struct cmd_context *context, int argc, char **argv,
	       struct fl_error *error)
{
	const struct values *values = context->options;
	struct device_detach_report done = { 0 };
	const char *device = argc ? argv[0] : NULL;
	struct out_detach detach = { .device = device };
	struct device_detach_options options = {
		.device = device,
		.now = values->now,
		.waiting = note_wait,
	};
	int err = check_words(context, argc, argv, error);

	if (!err)
		err = device_detach(&options, &done, error);
	if (err)
		return err;
	detach.count = done.devices;
	detach.lost = done.lost;
	detach.leftovers = done.leftovers;
	out_change();
	err = context->out->detach(&detach, error);
	if (!err && *done.leftovers)
		err = fl_fail(
			error, FL_EXIT_ERROR,
			"detached, but not everything could be restored: %s",
			done.leftovers);
	return err;
}

const struct cmd cmd_detach = {
	.name = "detach",
	.args = "DEV | --all [--now]",
	.words = { CMD_DEVICE },
	.summary = "remove everything and restore the host",
	.about = "Removes the programs, the rules and every other trace, and "
		 "restores what attach had changed. Exit status 0 also if "
		 "nothing was attached; 1 if something could not be restored, "
		 "which it names.\n"
		 "\n"
		 "Packets that rules hold are released first: by engine hold "
		 "at once, by engine fq on schedule. detach waits for the "
		 "latter unless you say --now.\n",
	.examples = "  faultline detach eth0\n"
		    "  faultline detach --all\n",
	.options = rows,
	.options_size = sizeof(struct values),
	.run = run,
};
