/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "device/device.h"
#include "out/stream.h"

static int list_device(const struct cmd_context *context, const char *name,
		       struct fl_error *error)
{
	struct sample sample = { 0 };
	struct device *dev;
	int err = device_open(name, &dev, error);

	if (err)
		return err;
	err = device_sample(dev, &sample, error);
	if (!err)
		device_health(dev, &sample.device);
	device_close(dev);
	if (err)
		return err;
	err = context->out->list(&sample, error);
	sample_free(&sample);
	return err;
}

static int list_all(const struct cmd_context *context, struct fl_error *error)
{
	size_t count = 0;
	char **names = NULL;
	int err = device_names(&names, &count, error);

	if (err)
		return err;
	if (!count)
		out_note("nothing is attached in this network namespace");
	for (size_t i = 0; i < count; i++) {
		if (!err)
			err = list_device(context, names[i], error);
		free(names[i]);
	}
	free(names);
	return err;
}

static int run(const struct cmd_context *context, int argc, char **argv,
	       struct fl_error *error)
{
	int err = cmd_check_words(context, argc, argv, 0, 1, error);

	if (err)
		return err;
	return argc ? list_device(context, argv[0], error) :
		      list_all(context, error);
}

const struct cmd cmd_list = {
	.name = "list",
	.args = "[DEV]",
	.words = { CMD_DEVICE },
	.summary = "show the rules, as add accepts them",
	.about = "Prints one line per rule, in the order in which they are "
		 "tried, for DEV or for every attached device. add accepts "
		 "these lines; it ignores what follows \"#\". A rule added "
		 "again gets a new lease, an expired one too.\n",
	.examples = "  faultline list eth0 > rules\n"
		    "  faultline del eth0 all\n"
		    "  faultline add eth0 -f rules\n",
	.run = run,
};
