/* SPDX-License-Identifier: GPL-2.0-only */
#include "cmd.h"
#include "device/device.h"
#include "watch.h"

#define HEAD_EVERY 20 /* lines */

struct values {
	struct opt_number watch;
};

static const struct opt rows[] = {
	{ 'w', "watch", "[SEC]", OPT_INTERVAL, offsetof(struct values, watch),
	  0, 0, "go on every SEC seconds (default 1), with rates" },
	{ 0 },
};

/* A sample and what it comes to. */
struct moment {
	struct sample sample;
	struct stats_table table;
};

static int take(struct device *dev, struct moment *now, struct fl_error *error)
{
	int err = device_sample(dev, &now->sample, error);

	if (!err)
		device_health(dev, &now->sample.device);
	if (!err && stats_table_make(&now->sample, &now->table))
		err = fl_fail(error, FL_EXIT_ERROR, "out of memory");
	return err;
}

static void forget(struct moment *moment)
{
	stats_table_free(&moment->table);
	sample_free(&moment->sample);
}

static int once(const struct cmd_context *context, struct device *dev,
		struct fl_error *error)
{
	struct moment now = { 0 };
	int err = take(dev, &now, error);

	if (!err)
		err = context->out->stats(&now.table, error);
	forget(&now);
	return err;
}

/* One beat; *@lines counts those below the column heads. */
static int print_beat(const struct cmd_context *context,
		      const struct stats_table *now,
		      const struct stats_table *before, size_t *lines,
		      struct fl_error *error)
{
	struct rates rates;
	struct out_beat beat = {
		.table = now,
		.rates = &rates,
		.head = *lines >= HEAD_EVERY,
	};
	int err;

	if (rates_make(now, before->device ? before : NULL, &rates))
		return fl_fail(error, FL_EXIT_ERROR, "out of memory");
	err = context->out->beat(&beat, error);
	*lines = (beat.head ? 0 : *lines) + rates.count;
	rates_free(&rates);
	return err;
}

static int watch(const struct cmd_context *context, const char *name,
		 struct device **dev, __u64 interval_ns, struct fl_error *error)
{
	struct moment beats[2] = { 0 };
	struct moment *now = &beats[0], *before = &beats[1];
	size_t lines = HEAD_EVERY;
	int err;

	watch_begin(interval_ns);
	do {
		struct moment *last = before;

		before = now;
		now = last;
		forget(now);
		err = take(*dev, now, error);
		if (!err)
			err = cmd_follow(name, &now->sample.device, dev, error);
		if (!err)
			err = print_beat(context, &now->table, &before->table,
					 &lines, error);
	} while (!err && watch_next());
	forget(now);
	forget(before);
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
		err = watch(context, argv[0], &dev, values->watch.value, error);
	else
		err = once(context, dev, error);
	device_close(dev);
	return err;
}

const struct cmd cmd_stats = {
	.name = "stats",
	.args = "DEV [-w [SEC]]",
	.words = { CMD_DEVICE },
	.summary = "what each rule did: requested and actual",
	.about = "Counters of the device since attach and of each rule since "
		 "add. REQUESTED is the loss that the rule asks for, ACTUAL "
		 "what happened to its packets; the true rate lies in the "
		 "interval with 99 % confidence (Wilson; wider where losses "
		 "depend on each other). Effects on packets that go on have a "
		 "row of their own below the rule, over the packets that were "
		 "not dropped. A rule whose request lies outside the interval "
		 "is flagged; expect that for 1 correct rule in 100.\n"
		 "\n"
		 "For delayed packets these columns show the mean delay, from "
		 "arrival to departure, and the line below what 50, 99 and "
		 "99.9 % of the packets did not exceed. REQUESTED is missing "
		 "where the traffic decides, as with rate. \"late\" packets "
		 "were released 1 ms or more after they were due. -w shows the "
		 "mean of each interval.\n"
		 "\n"
		 "Packets are decisions: frames with native XDP, otherwise "
		 "socket buffers, which may stand for many wire packets "
		 "(attach --exact).\n",
	.examples = "  faultline stats eth0\n"
		    "  faultline stats eth0 -w          # every second\n"
		    "  faultline stats eth0 -w 0.5 -j | jq .totals.dropped\n",
	.options = rows,
	.options_size = sizeof(struct values),
	.run = run,
};
