/* SPDX-License-Identifier: GPL-2.0-only */
/* Taking down what holds packets, after those that it holds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "balance.h"
#include "helpers.h"
#include "hold.h"
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
static __u64 count_waiting(const struct fl_device *device,
			   enum engine_pair pair)
{
	__u64 count = 0;

	for (int side = 0; side < FL_SIDES; side++) {
		struct netif_qdisc qdisc;
		struct netif_link link;
		char name[16];

		engine_helper_name(device->ifindex, pair, (enum fl_side)side,
				   name);
		if (!netif_link_get(name, &link) &&
		    !netif_qdisc_get(link.ifindex, &qdisc))
			count += qdisc.waiting;
	}
	return count;
}

/* Returns how many are left when they do not get less, or the time is over. */
static __u64 await_empty(const struct fl_device *device, enum engine_pair pair,
			 __u64 wait_ns)
{
	__u64 left, until = engine_now_ns() + wait_ns;

	do {
		left = count_waiting(device, pair);
		pause_a_little();
	} while (left && engine_now_ns() < until);
	return left;
}

/* Of all rules: those deleted may have packets under way as well. */
static __u64 longest_wait(const struct engine *e)
{
	__u64 last = 0, now = engine_now_ns();

	for (int i = 0; i < FL_RULES_MAX * FL_SIDES; i++)
		if (e->holdings[i].last_ns > last)
			last = e->holdings[i].last_ns;
	return last > now ? last - now : 0;
}

static void close_ways(struct engine *e)
{
	for (int side = 0; side < FL_SIDES; side++)
		__atomic_store_n(&e->control->out_device[side], 0,
				 __ATOMIC_RELEASE);
}

/* fq lets nothing go before its time: we wait for it, or it is lost. */
static void drain_fq(struct engine *e,
		     const struct engine_detach_options *options)
{
	__u64 waiting, wait_ns;

	close_ways(e);
	(void)obj_wait_programs();
	waiting = count_waiting(&e->device, ENGINE_WAY);
	if (!waiting || !options || options->now)
		return;
	wait_ns = longest_wait(e);
	if (wait_ns > SAID_NS && options->waiting)
		options->waiting(options->context, e->device.name, waiting,
				 wait_ns);
	(void)await_empty(&e->device, ENGINE_WAY, wait_ns + SLACK_NS);
}

/* The process gives away at once what it holds. Its XDP program needs the
 * devices in "control" until it has got the last packet. */
static int drain_hold(struct engine *e)
{
	int err;

	(void)obj_wait_programs();
	if (engine_hold_beats(e->control))
		(void)await_empty(&e->device, ENGINE_TAKE, TAKE_NS);
	err = engine_hold_stop(e->control);
	close_ways(e);
	return err < 0 ? err : 0;
}

/* Of the device into which packets of @side are sent; 0: it is not there. */
static __u32 find_sender(const struct fl_device *device, enum fl_side side)
{
	char name[16];

	engine_helper_name(device->ifindex,
			   device->engine == FL_ENGINE_HOLD ? ENGINE_TAKE :
							      ENGINE_WAY,
			   side, name);
	return netif_pair_find(name);
}

__u64 engine_helpers_lost(const struct engine *e, enum fl_side side)
{
	enum fl_side peer = side == FL_IN ? FL_OUT : FL_IN;
	struct netif_stats sent = { 0 }, received = { 0 };
	struct netif_qdisc qdisc = { .drops = 0 };
	__u32 ifindex;

	if (!e->device.helpers)
		return e->control->lost[side];
	ifindex = find_sender(&e->device, side);
	(void)netif_stats_get(ifindex, &sent);
	/* Of its drops, fq tells our program at once. */
	if (e->device.engine == FL_ENGINE_HOLD) {
		(void)netif_qdisc_get(ifindex, &qdisc);
		(void)netif_stats_get(find_sender(&e->device, peer), &received);
	}
	return e->control->lost[side] + sent.tx_dropped + qdisc.drops +
	       received.rx_dropped;
}

static __u64 count_lost(const struct engine *e)
{
	return engine_helpers_lost(e, FL_IN) + engine_helpers_lost(e, FL_OUT);
}

/* With nothing left that could hold a packet, those that were held and have
 * not gone on are lost. */
static void settle_lost(struct engine *e)
{
	struct engine_balance balance;

	if (engine_balance_read(e, &balance))
		return;
	for (__u32 side = 0; side < FL_SIDES; side++)
		e->control->lost[side] = engine_balance_left(&balance, side);
	engine_balance_close(e);
}

static void delete_pairs(const struct fl_device *device, char *leftovers,
			 size_t size)
{
	for (int pair = 0; pair < ENGINE_PAIRS; pair++) {
		for (int side = 0; side < FL_SIDES; side++) {
			char name[16];
			int err;

			engine_helper_name(device->ifindex,
					   (enum engine_pair)pair,
					   (enum fl_side)side, name);
			err = netif_pair_delete(name);
			/* Gone with its peer, or somebody else's. */
			if (err && err != -ENODEV && err != -EEXIST)
				engine_leftover(leftovers, size, name, err);
		}
	}
}

static void remove_here(struct engine *e, const struct fl_device *device,
			struct engine_drain *drain, char *leftovers,
			size_t size)
{
	__u64 before = e ? count_lost(e) : 0;
	int err = 0;

	/* Not whole: then nothing of it works, and the process has ended. */
	if (e && device->engine == FL_ENGINE_HOLD)
		err = drain_hold(e);
	else if (e)
		drain_fq(e, drain ? drain->options : NULL);
	if (err)
		engine_leftover(leftovers, size, "hold process", err);
	delete_pairs(device, leftovers, size);
	if (!e)
		return;
	settle_lost(e);
	if (drain && count_lost(e) > before)
		drain->lost += count_lost(e) - before;
}

void engine_remove_helpers(const struct store_entry *entry,
			   const struct fl_device *device,
			   struct engine_drain *drain, char *leftovers,
			   size_t size)
{
	struct engine *engine = NULL;
	struct fl_error error;
	__u64 cookie = 0;
	int home = -1;

	if (!device->helpers)
		return;
	/* They stay behind when their device goes elsewhere. */
	(void)netif_netns_cookie(&cookie);
	if (cookie != device->netns_cookie)
		home = netns_enter(device->netns_cookie);
	if (engine_open_entry(entry, &engine, &error))
		engine = NULL;
	if (home >= 0 || cookie == device->netns_cookie)
		remove_here(engine, device, drain, leftovers, size);
	else if (engine && device->engine == FL_ENGINE_HOLD)
		(void)engine_hold_stop(engine->control);
	engine_close(engine);
	if (home >= 0) {
		netns_leave(home);
		close(home);
	}
}
