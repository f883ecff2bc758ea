/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd.h"

#include <stdlib.h>

#include "device/device.h"
#include "out/stream.h"
#include "stats/chain.h"

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

/* The rate that netem's correlation makes of the loss: its users should know
 * what they get. Below 0 when @rule has none. */
static double drift_of(const struct fl_rule *rule)
{
	for (__u32 i = 0; i < rule->impair_count; i++) {
		const union fl_params *u = &rule->impairs[i].u;

		if (rule->impairs[i].kind == FL_IMPAIR_LOSS_NETEM &&
		    u->netem.correlation_u32)
			return chain_netem(u->netem.probability_u32,
					   u->netem.correlation_u32)
				.rate;
	}
	return -1;
}

static int report(const struct cmd_context *context, const char *device,
		  const struct device *dev, const struct fl_rule *rules,
		  size_t count, struct fl_error *error)
{
	double *drift = calloc(count + 1, sizeof(*drift));
	bool *buffers = calloc(count + 1, sizeof(*buffers));
	struct out_add add = {
		.device = device,
		.rules = rules,
		.drift = drift,
		.counts_buffers = buffers,
		.count = count,
	};
	int err;

	for (size_t i = 0; i < count && drift && buffers; i++) {
		drift[i] = drift_of(&rules[i]);
		buffers[i] = device_counts_buffers(dev, &rules[i]);
	}
	out_change();
	err = drift && buffers ?
		      context->out->add(&add, error) :
		      fl_fail(error, FL_EXIT_ERROR,
			      "out of memory, but the rules are added");
	free(drift);
	free(buffers);
	return err;
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
	if (!err)
		err = report(context, device, dev, rules, count, error);
	device_close(dev);
	return err;
}

int cmd_check_words(const struct cmd_context *context, int argc, char **argv,
		    int min, int max, struct fl_error *error)
{
	const struct cmd *cmd = context->cmd;

	if (argc < min)
		return fl_fail(error, FL_EXIT_USAGE,
			       "%s: missing %s; usage: faultline %s %s",
			       cmd->name, argc ? "WORDS" : "DEV", cmd->name,
			       cmd->args);
	if (argc > max)
		return fl_fail(error, FL_EXIT_USAGE,
			       "%s: unexpected argument \"%.60s\"; usage: "
			       "faultline %s %s",
			       cmd->name, argv[max], cmd->name, cmd->args);
	return 0;
}
