/* SPDX-License-Identifier: GPL-2.0-only */
/* A process of ours, at the other end of two tap devices. */
#include "holder.h"

#include <stdio.h>

#include <faultline/ticket.h>

#include "probe/try.h"
#include "process.h"
#include "report.h"

#define HELD_MAX 131072

/* Packets on their way to the process: what comes while others have the CPU.
 * Memory for pointers to them is always there. */
#define QUEUE 32767 /* the most that 6.1 takes */

static int add(const struct fl_device *record)
{
	char name[16];
	int err = 0;

	for (int side = 0; side < FL_SIDES && !err; side++) {
		ways_name(record->ifindex, (enum fl_side)side, name);
		err = netif_tap_add(name, QUEUE);
	}
	return err;
}

static int fit(const struct fl_device *record, __u32 ifindex)
{
	(void)record;
	return netif_noqueue_set(ifindex);
}

static int start(const struct device *dev, struct fl_error *error)
{
	if (process_beats(dev->control))
		return 0;
	(void)process_stop(dev->control);
	return process_start(dev, error);
}

static void check_run(const struct fl_control *control, char *why, size_t size)
{
	if (process_is_ours(control->process))
		snprintf(why, size,
			 "the hold process hangs: packets pass "
			 "undelayed");
	else if (store_has_holder())
		snprintf(why, size,
			 "the hold process has let go of this device: packets "
			 "pass undelayed until it looks again, in a few "
			 "seconds");
	else
		snprintf(why, size,
			 "the hold process is gone: packets pass undelayed "
			 "until you run \"faultline hold\" or add a rule that "
			 "delays");
}

static void stop(struct device *dev)
{
	(void)process_stop(dev->control);
}

/* The process gives away at once what it holds. */
static void drain(struct device *dev,
		  const struct device_detach_options *options, char *leftovers,
		  size_t size)
{
	int err;

	(void)options;
	ways_close(dev);
	(void)obj_wait_programs();
	err = process_stop(dev->control);
	if (err < 0)
		report_leftover(leftovers, size, "hold process", err);
}

/* The queue was full. */
static __u64 lost(const struct device *dev, enum fl_side side)
{
	struct netif_stats sent = { 0 };

	(void)netif_stats_get(ways_find(&dev->record, side), &sent);
	return sent.tx_dropped;
}

const struct holder_ops holder_process = {
	.by = "a process",
	.mtu_max = FL_HELD_MTU_MAX,
	.held_max = HELD_MAX,
	.probe = probe_try_tap,
	.add = add,
	.fit = fit,
	.start = start,
	.runs = process_beats,
	.check_run = check_run,
	.stop = stop,
	.drain = drain,
	.lost = lost,
};
