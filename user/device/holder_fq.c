/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own sch_fq, on macvlan devices upon the ends of a veth pair. */
#include "holder.h"
#include "holdings.h"
#include "probe/try.h"

#define HELD_MAX 1000000

#define SAID_NS 200000000ull  /* waits from here on are spoken of */
#define SLACK_NS 200000000ull /* after the last departure */

/* What a macvlan sends goes at once through the egress hook of its base, which
 * takes it off: nothing is sent from one end of the pair to the other. */
static int add(const struct fl_device *record)
{
	char base[FL_SIDES][16], name[16];
	int err;

	for (int side = 0; side < FL_SIDES; side++)
		ways_base_name(record->ifindex, (enum fl_side)side, base[side]);
	err = netif_pair_add(base[FL_OUT], base[FL_IN]);
	for (int side = 0; side < FL_SIDES && !err; side++) {
		ways_name(record->ifindex, (enum fl_side)side, name);
		err = netif_macvlan_add(name, base[side]);
	}
	return err;
}

static int fit(const struct fl_device *record, __u32 ifindex)
{
	const struct netif_fq fq = {
		.limit = record->held_max,
		.horizon_us = ~0u,
		.buckets_log = 12,
		.orphan_mask = 0x1fffff,
		.timer_slack_ns = 1000,
	};

	return netif_fq_set(ifindex, &fq);
}

/* Looks at all rules: deleted ones may have packets under way as well. */
static __u64 longest_wait(struct device *dev)
{
	__u64 last = 0, now = clock_now_ns();

	if (holdings_open(dev))
		return 0;
	for (int i = 0; i < FL_HOLD_IDS * FL_SIDES; i++)
		if (dev->holdings[i].last_ns > last)
			last = dev->holdings[i].last_ns;
	return last > now ? last - now : 0;
}

/* fq lets nothing go before its time: we wait for it, or it is lost. */
static void drain(struct device *dev,
		  const struct device_detach_options *options, char *leftovers,
		  size_t size)
{
	__u64 waiting, wait_ns;

	(void)leftovers;
	(void)size;
	ways_close(dev);
	(void)obj_wait_programs();
	waiting = ways_count_waiting(&dev->record);
	if (!waiting || !options || options->now)
		return;
	wait_ns = longest_wait(dev);
	if (wait_ns > SAID_NS && options->waiting)
		options->waiting(dev->record.name, waiting, wait_ns);
	ways_await_empty(&dev->record, wait_ns + SLACK_NS);
}

/* fq tells our program of its drops at once. */
static __u64 lost(const struct device *dev, enum fl_side side)
{
	struct netif_stats sent = { 0 };

	(void)netif_stats_get(ways_find(&dev->record, side), &sent);
	return sent.tx_dropped;
}

const struct holder_ops holder_fq = {
	.by = "fq",
	.mtu_max = ~0u,
	.held_max = HELD_MAX,
	.qdisc = "fq",
	.has_base = true,
	.probe = probe_try_fq,
	.add = add,
	.fit = fit,
	.drain = drain,
	.lost = lost,
};
