/* SPDX-License-Identifier: GPL-2.0-only */
/* A process of ours, to which a second pair brings the packets. */
#include "holder.h"

#include <stdio.h>

#include <linux/if_ether.h>

#include <faultline/ticket.h>

#include "kernel/pins.h"
#include "probe/try.h"
#include "process.h"
#include "report.h"

#define HELD_MAX 131072
#define TAKE_LIMIT 20000     /* packets on their way to the process */
#define TAKE_NS 100000000ull /* for them to get there */

static int fit(const struct store_entry *entry, const struct fl_device *record,
	       const struct netif_link *link)
{
	int err = netif_plain_frames(link->name);

	(void)record;
	if (!err)
		err = netif_pfifo_set(link->ifindex, TAKE_LIMIT);
	if (!err)
		err = ways_attach(entry, OBJ_TAKE, netif_xdp_attach,
				  link->ifindex);
	return err;
}

static void check(const struct store_entry *entry, const __u32 ends[FL_SIDES],
		  char *why, size_t size)
{
	__u32 id = pins_prog_id(entry, OBJ_TAKE);

	for (int side = 0; side < FL_SIDES && !*why; side++) {
		struct netif_link link = { 0 };

		(void)netif_link_get_index(ends[side], &link);
		if (!id || link.xdp_prog_id[NETIF_XDP_DRIVER] != id)
			snprintf(why, size,
				 "the XDP program of a helper "
				 "device is gone: held packets are lost");
	}
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

/* The process gives away at once what it holds. Its XDP program needs the
 * devices in "control" until it has got the last packet. */
static void drain(struct device *dev,
		  const struct device_detach_options *options, char *leftovers,
		  size_t size)
{
	int err;

	(void)options;
	(void)obj_wait_programs();
	if (process_beats(dev->control))
		ways_await_empty(&dev->record, WAYS_TAKE, TAKE_NS);
	err = process_stop(dev->control);
	ways_close(dev);
	if (err < 0)
		report_leftover(leftovers, size, "hold process", err);
}

static __u64 lost(const struct device *dev, enum fl_side side)
{
	enum fl_side peer = side == FL_IN ? FL_OUT : FL_IN;
	__u32 ifindex = ways_find(&dev->record, WAYS_TAKE, side);
	struct netif_stats sent = { 0 }, received = { 0 };
	struct netif_qdisc qdisc = { .drops = 0 };

	(void)netif_stats_get(ifindex, &sent);
	(void)netif_qdisc_get(ifindex, &qdisc);
	(void)netif_stats_get(ways_find(&dev->record, WAYS_TAKE, peer),
			      &received);
	return sent.tx_dropped + qdisc.drops + received.rx_dropped;
}

const struct holder_ops holder_process = {
	.by = "a process",
	.mtu_max = FL_HELD_FRAME_MAX - ETH_HLEN,
	.held_max = HELD_MAX,
	.into = WAYS_TAKE,
	.way_mtu = FL_PARCEL_FRAME_MAX,
	.qdisc = "pfifo",
	.queue = "queue",
	.probe = probe_try_xsk,
	.fit = fit,
	.check = check,
	.start = start,
	.runs = process_beats,
	.check_run = check_run,
	.stop = stop,
	.drain = drain,
	.lost = lost,
};
