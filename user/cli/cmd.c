/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd.h"

#include <stdarg.h>
#include <stdio.h>

#include "device/device.h"
#include "out/out.h"
#include "out/style.h"
#include "stats/realised.h"
#include "base/unit.h"

void cmd_note(const struct cmd_context *context, const char *format, ...)
{
	va_list args;

	if (context->quiet)
		return;
	/* Else a note could overtake the data that it is about. */
	fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

int cmd_follow(const char *name, const struct sample_device *device,
	       struct device **dev, struct fl_error *error)
{
	struct device *again;
	int err;

	if (!device->degraded)
		return 0;
	err = device_open(name, &again, error);
	if (err)
		return err;
	device_close(*dev);
	*dev = again;
	return 0;
}

/* netem's correlation does not keep the rate: its users should know what they
 * get. */
static void warn_of_netem(const struct cmd_context *context,
			  const struct fl_rule *rule)
{
	for (__u32 i = 0; i < rule->impair_count; i++) {
		const union fl_params *u = &rule->impairs[i].u;
		char text[OUT_NUMBER_MAX];

		if (rule->impairs[i].kind != FL_IMPAIR_LOSS_NETEM ||
		    !u->netem.correlation_u32)
			continue;
		out_percent(text,
			    realised_netem_rate(u->netem.probability_u32,
						u->netem.correlation_u32));
		cmd_note(context,
			 "%s: netem's correlation will make the loss "
			 "about %s; \"loss P%% burst N\" keeps the rate",
			 rule->name, text);
	}
}

static int report(const struct cmd_context *context, const char *device,
		  const struct fl_rule *rules, size_t count,
		  struct fl_error *error)
{
	char lease[32];

	if (context->json)
		return out_add_json(device, rules, count, error);
	for (size_t i = 0; i < count; i++)
		puts(rules[i].name);
	for (size_t i = 0; i < count; i++)
		warn_of_netem(context, &rules[i]);
	if (count == 1 && rules->lease_ns) {
		unit_print_time(rules->lease_ns, lease, sizeof(lease));
		cmd_note(context,
			 "ends by itself in %s, or now: faultline "
			 "del %s %s",
			 lease, device, rules->name);
	} else {
		cmd_note(context, "%s: %zu rule%s added", device, count,
			 count == 1 ? "" : "s");
	}
	return 0;
}

int cmd_add_rules(const struct cmd_context *context, const char *device,
		  struct fl_rule *rules, size_t count, struct fl_error *error)
{
	struct device *dev;
	int err = device_open(device, &dev, error);

	if (err)
		return err;
	if (count)
		err = device_add_rules(dev, rules, count, error);
	device_close(dev);
	return err ? err : report(context, device, rules, count, error);
}

int cmd_check_words(const struct cmd_context *context, int argc, char **argv,
		    int min, int max, struct fl_error *error)
{
	const struct cmd *cmd = context->cmd;

	if (argc < min)
		return fl_fail(error, FL_EXIT_USAGE,
			       "%s: %s is missing; usage: faultline %s %s",
			       cmd->name, argc ? "a word" : "the device",
			       cmd->name, cmd->args);
	if (argc > max)
		return fl_fail(error, FL_EXIT_USAGE,
			       "%s: \"%.60s\" is too much; usage: faultline "
			       "%s %s",
			       cmd->name, argv[max], cmd->name, cmd->args);
	return 0;
}
