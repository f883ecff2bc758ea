/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>

#include "cmd.h"
#include "device/device.h"
#include "out/out.h"
#include "watch.h"

#define INTERVAL_DEFAULT_NS 1000000000ull
#define HEAD_EVERY 20 /* lines */

struct values {
	struct opt_number watch;
};

static const struct opt rows[] = {
	{ 'w', "watch", "[SEC]", OPT_INTERVAL, offsetof(struct values, watch),
	  0, 0, "go on every SEC seconds (default 1), with rates" },
	{ 0 },
};

static int once(const struct cmd_context *context, struct device *dev,
		struct fl_error *error)
{
	struct sample sample = { 0 };
	int err = device_sample(dev, &sample, error);

	if (err)
		return err;
	device_health(dev, &sample.device);
	if (context->json)
		err = out_stats_json(&sample, error);
	else
		out_stats_text(&sample);
	sample_free(&sample);
	return err;
}

/* Once, when it happens: the counters no longer say everything. */
static void note_degraded(const struct cmd_context *context,
			  const struct sample *now, const struct sample *before)
{
	if (now->device.degraded && !before->device.degraded)
		cmd_note(context, "%s: degraded: %s", now->device.name,
			 now->device.degraded_why);
}

/* One beat; *@lines counts those below the column heads. */
static int print_beat(const struct cmd_context *context,
		      const struct sample *now, const struct sample *before,
		      size_t *lines, struct fl_error *error)
{
	bool head = *lines >= HEAD_EVERY;

	if (context->json)
		return out_stats_json(now, error);
	out_rates_text(now, before->device.time_ns ? before : NULL, head);
	*lines = (head ? 0 : *lines) + now->rule_count + FL_SIDES;
	note_degraded(context, now, before);
	return 0;
}

static int watch(const struct cmd_context *context, const char *name,
		 struct device **dev, __u64 interval_ns, struct fl_error *error)
{
	struct sample now = { 0 }, before = { 0 };
	size_t lines = HEAD_EVERY;
	int err;

	watch_begin();
	do {
		err = device_sample(*dev, &now, error);
		if (!err)
			device_health(*dev, &now.device);
		if (!err)
			err = cmd_follow(name, &now.device, dev, error);
		if (!err)
			err = print_beat(context, &now, &before, &lines, error);
		sample_free(&before);
		before = now;
		now = (struct sample){ 0 };
	} while (!err && watch_next(interval_ns));
	sample_free(&before);
	return err;
}

static int run(const struct cmd_context *context, int argc, char **argv,
	       struct fl_error *error)
{
	const struct values *values = context->options;
	struct device *dev;
	int err = cmd_check_words(context, argc, argv, 1, 1, error);

	if (!err)
		err = device_open(argv[0], &dev, error);
	if (err)
		return err;
	if (values->watch.given)
		err = watch(context, argv[0], &dev,
			    values->watch.value ? values->watch.value :
						  INTERVAL_DEFAULT_NS,
			    error);
	else
		err = once(context, dev, error);
	device_close(dev);
	return err;
}

const struct cmd cmd_stats = {
	.name = "stats",
	.args = "DEV [-w [SEC]]",
	.summary = "what each rule did: asked for and realised",
	.about =
		"Counters of the device since attach and of each rule since "
		"add. ASKED is the\n"
		"loss that the rule says, REALISED what became of its "
		"packets, and the true rate\n"
		"lies in the interval with 99 % confidence (Wilson; wider "
		"where losses depend on\n"
		"each other). What is done to packets that go on has a row "
		"of its own below the\n"
		"rule, over those that were not lost. A chance whose ASKED "
		"is outside the\n"
		"interval is marked; that happens to 1 sound rule in 100 too.\n"
		"\n"
		"Of what is delayed the means stand there, from arrival to "
		"departure, and below\n"
		"them what 50, 99 and 99.9 % of the packets did not exceed. "
		"ASKED is missing\n"
		"where the traffic decides, as with rate. \"late\" were let "
		"go 1 ms or more after\n"
		"their time; \"held now\" wait for it. -w shows the mean of "
		"each interval.\n"
		"\n"
		"Packets are decisions: frames with native XDP, else socket "
		"buffers, which may\n"
		"stand for many wire segments (attach --exact).\n",
	.examples = "  faultline stats eth0\n"
		    "  faultline stats eth0 -w          # every second\n"
		    "  faultline stats eth0 -w 0.5 -j | jq .totals.dropped\n",
	.options = rows,
	.options_size = sizeof(struct values),
	.run = run,
};
