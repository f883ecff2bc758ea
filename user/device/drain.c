/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking down what holds packets, after those that it holds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "balance.h"
#include "ways.h"
#include "process.h"
#include "hooks.h"
#include "kernel/netns.h"

#define SAID_NS 200000000ull  /* waits from here on are spoken of */
#define SLACK_NS 200000000ull /* after the last departure */
#define TAKE_NS 100000000ull  /* for packets on their way to the process */
#define PAUSE_NS 5000000

static void pause_a_little(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	nanosleep(&pause, NULL);
}

/* Packets in the queues of this pair. */
static __u64 count_waiting(const struct fl_device *device, enum ways_pair pair)
{
	__u64 count = 0;

	for (int side = 0; side < FL_SIDES; side++) {
		struct netif_qdisc qdisc;
		struct netif_link link;
		char name[16];

		ways_name(device->ifindex, pair, (enum fl_side)side, name);
		if (!netif_link_get(name, &link) &&
		    !netif_qdisc_get(link.ifindex, &qdisc))
			count += qdisc.waiting;
	}
	return count;
}

/* Returns how many are left when they do not get less, or the time is over. */
static __u64 await_empty(const struct fl_device *device, enum ways_pair pair,
			 __u64 wait_ns)
{
	__u64 left, until = clock_now_ns() + wait_ns;

	do {
		left = count_waiting(device, pair);
		pause_a_little();
	} while (left && clock_now_ns() < until);
	return left;
}

/* Of all rules: those deleted may have packets under way as well. */
static __u64 longest_wait(const struct device *dev)
{
	__u64 last = 0, now = clock_now_ns();

	for (int i = 0; i < FL_RULES_MAX * FL_SIDES; i++)
		if (dev->holdings[i].last_ns > last)
			last = dev->holdings[i].last_ns;
	return last > now ? last - now : 0;
}

static void close_ways(struct device *dev)
{
	for (int side = 0; side < FL_SIDES; side++)
		__atomic_store_n(&dev->control->out_device[side], 0,
				 __ATOMIC_RELEASE);
}

/* fq lets nothing go before its time: we wait for it, or it is lost. */
static void drain_fq(struct device *dev,
		     const struct device_detach_options *options)
{
	__u64 waiting, wait_ns;

	close_ways(dev);
	(void)obj_wait_programs();
	waiting = count_waiting(&dev->record, WAYS_RETURN);
	if (!waiting || !options || options->now)
		return;
	wait_ns = longest_wait(dev);
	if (wait_ns > SAID_NS && options->waiting)
		options->waiting(dev->record.name, waiting, wait_ns);
	(void)await_empty(&dev->record, WAYS_RETURN, wait_ns + SLACK_NS);
}

/* The process gives away at once what it holds. Its XDP program needs the
 * devices in "control" until it has got the last packet. */
static int drain_hold(struct device *dev)
{
	int err;

	(void)obj_wait_programs();
	if (process_beats(dev->control))
		(void)await_empty(&dev->record, WAYS_TAKE, TAKE_NS);
	err = process_stop(dev->control);
	close_ways(dev);
	return err < 0 ? err : 0;
}

/* Of the device into which packets of @side are sent; 0: it is not there. */
static __u32 find_sender(const struct fl_device *device, enum fl_side side)
{
	char name[16];

	ways_name(device->ifindex,
		  device->holder == FL_HOLDER_PROCESS ? WAYS_TAKE : WAYS_RETURN,
		  side, name);
	return netif_pair_find(name);
}

__u64 ways_lost(const struct device *dev, enum fl_side side)
{
	enum fl_side peer = side == FL_IN ? FL_OUT : FL_IN;
	struct netif_stats sent = { 0 }, received = { 0 };
	struct netif_qdisc qdisc = { .drops = 0 };
	__u32 ifindex;

	if (!dev->record.ways)
		return dev->control->lost[side];
	ifindex = find_sender(&dev->record, side);
	(void)netif_stats_get(ifindex, &sent);
	/* Of its drops, fq tells our program at once. */
	if (dev->record.holder == FL_HOLDER_PROCESS) {
		(void)netif_qdisc_get(ifindex, &qdisc);
		(void)netif_stats_get(find_sender(&dev->record, peer),
				      &received);
	}
	return dev->control->lost[side] + sent.tx_dropped + qdisc.drops +
	       received.rx_dropped;
}

static __u64 count_lost(const struct device *dev)
{
	return ways_lost(dev, FL_IN) + ways_lost(dev, FL_OUT);
}

/* With nothing left that could hold a packet, those that were held and have
 * not gone on are lost. */
static void settle_lost(struct device *dev)
{
	struct balance balance;

	if (balance_read(dev, &balance))
		return;
	for (__u32 side = 0; side < FL_SIDES; side++)
		dev->control->lost[side] = balance_left(&balance, side);
	balance_close(dev);
}

static void delete_pairs(const struct fl_device *device, char *leftovers,
			 size_t size)
{
	for (int pair = 0; pair < WAYS_PAIRS; pair++) {
		for (int side = 0; side < FL_SIDES; side++) {
			char name[16];
			int err;

			ways_name(device->ifindex, (enum ways_pair)pair,
				  (enum fl_side)side, name);
			err = netif_pair_delete(name);
			/* Gone with its peer, or somebody else's. */
			if (err && err != -ENODEV && err != -EEXIST)
				device_leftover(leftovers, size, name, err);
		}
	}
}

static void remove_here(struct device *dev, const struct fl_device *device,
			struct ways_drain *drain, char *leftovers, size_t size)
{
	__u64 before = dev ? count_lost(dev) : 0;
	int err = 0;

	/* Not whole: then nothing of it works, and the process has ended. */
	if (dev && device->holder == FL_HOLDER_PROCESS)
		err = drain_hold(dev);
	else if (dev)
		drain_fq(dev, drain ? drain->options : NULL);
	if (err)
		device_leftover(leftovers, size, "hold process", err);
	delete_pairs(device, leftovers, size);
	if (!dev)
		return;
	settle_lost(dev);
	if (drain && count_lost(dev) > before)
		drain->lost += count_lost(dev) - before;
}

void ways_remove(const struct store_entry *entry,
		 const struct fl_device *device, struct ways_drain *drain,
		 char *leftovers, size_t size)
{
	struct device *dev = NULL;
	struct fl_error error;
	__u64 cookie = 0;
	int home = -1;

	if (!device->ways)
		return;
	/* They stay behind when their device goes elsewhere. */
	(void)netif_netns_cookie(&cookie);
	if (cookie != device->netns_cookie)
		home = netns_enter(device->netns_cookie);
	if (device_open_entry(entry, &dev, &error))
		dev = NULL;
	if (home >= 0 || cookie == device->netns_cookie)
		remove_here(dev, device, drain, leftovers, size);
	else if (dev && device->holder == FL_HOLDER_PROCESS)
		(void)process_stop(dev->control);
	device_close(dev);
	if (home >= 0) {
		netns_leave(home);
		close(home);
	}
}
