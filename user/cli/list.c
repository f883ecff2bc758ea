/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>

#include "cmd.h"
#include "device/device.h"
#include "out/out.h"

static void note_guards(const struct cmd_context *context,
			const struct sample_device *device)
{
	char ports[FL_GUARD_PORTS * 7 + 1] = "";
	int used = 0, count = 0;

	for (int i = 0; i < FL_GUARD_PORTS; i++) {
		if (!device->guard_ports[i])
			continue;
		used += snprintf(ports + used, sizeof(ports) - (size_t)used,
				 "%s%u", used ? ", " : "",
				 device->guard_ports[i]);
		count++;
	}
	if (count)
		cmd_note(context,
			 "%s: exempt from all rules: TCP port%s %s of "
			 "this host",
			 device->name, count == 1 ? "" : "s", ports);
}

static void note(const struct cmd_context *context, const struct sample *sample)
{
	const struct sample_device *device = &sample->device;

	if (!sample->rule_count)
		cmd_note(context, "%s: no rules", device->name);
	if (device->degraded)
		cmd_note(context, "%s: degraded: %s", device->name,
			 device->degraded_why);
	note_guards(context, device);
}

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
	if (context->json) {
		err = out_list_json(&sample, error);
	} else {
		out_list_text(&sample);
		note(context, &sample);
	}
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
		cmd_note(context, "no device of this network namespace is "
				  "attached");
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
	.summary = "the rules, as add takes them back",
	.about = "Prints one line per rule, in the order in which they are "
		 "tried, of DEV or of\n"
		 "every attached device. Each line can be given back to add; "
		 "what stands behind\n"
		 "\"#\" is for you. A rule given back begins its lease anew, "
		 "an expired one too.\n",
	.examples = "  faultline list eth0 > rules\n"
		    "  faultline del eth0 all\n"
		    "  faultline add eth0 -f rules\n",
	.run = run,
};
