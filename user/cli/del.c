/* SPDX-License-Identifier: GPL-2.0-only */
#include <string.h>

#include "cmd.h"
#include "device/device.h"
#include "out/stream.h"

static int run(const struct cmd_context *context, int argc, char **argv,
	       struct fl_error *error)
{
	struct device *dev;
	size_t deleted = 0, count;
	int err;

	if (argc < 2)
		return fl_fail(error, FL_EXIT_USAGE,
			       "del: missing %s; usage: faultline del %s",
			       argc ? "NAME, or all" : "DEV",
			       context->cmd->args);
	count = (size_t)argc - 1;
	if (count == 1 && !strcmp(argv[1], "all"))
		count = 0;
	err = device_open(argv[0], &dev, error);
	if (err)
		return err;
	err = device_delete_rules(dev, argv + 1, count, &deleted, error);
	device_close(dev);
	if (err)
		return err;
	out_change();
	return context->out->del(&(struct out_del){ argv[0], deleted }, error);
}

const struct cmd cmd_del = {
	.name = "del",
	.args = "DEV NAME...|all",
	.words = { CMD_DEVICE, CMD_NAMES },
	.summary = "delete rules",
	.about = "Deletes the rules with these names, or all: every packet "
		 "sees either all of them or none. If one of the names is "
		 "unknown, nothing is deleted.\n",
	.examples = "  faultline del eth0 web\n"
		    "  faultline del eth0 all\n",
	.run = run,
};
