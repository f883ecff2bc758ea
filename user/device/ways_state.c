/* SPDX-License-Identifier: GPL-2.0-only */
#include "ways_state.h"

#include <stdio.h>
#include <string.h>

#include <linux/if_ether.h>

#include <faultline/ticket.h>

#include "kernel/pins.h"
#include "probe/probe.h"
#include "process.h"
#include "tc_filter.h"

#define HOLD_MTU_MAX (FL_HELD_FRAME_MAX - ETH_HLEN)

int ways_count_pairs(const struct fl_device *device)
{
	return device->holder == FL_HOLDER_PROCESS ? WAYS_PAIRS : 1;
}

const char *ways_holder_name(const struct fl_device *device)
{
	return probe_holder_name((enum fl_holder)device->holder);
}

__u32 ways_mtu_max(enum fl_holder holder)
{
	return holder == FL_HOLDER_PROCESS ? HOLD_MTU_MAX : ~0u;
}

void ways_name(__u32 ifindex, enum ways_pair pair, enum fl_side side,
	       char name[16])
{
	snprintf(name, 16, "fl%x%s%s", ifindex, pair == WAYS_TAKE ? "t" : "",
		 side == FL_OUT ? "out" : "in");
}

static bool find_ends(const struct fl_device *device, struct ways_ends *ends,
		      char *why, size_t size)
{
	memset(ends, 0, sizeof(*ends));
	for (int pair = 0; pair < ways_count_pairs(device); pair++) {
		for (int side = 0; side < FL_SIDES; side++) {
			char name[16];
			__u32 ifindex;

			ways_name(device->ifindex, (enum ways_pair)pair,
				  (enum fl_side)side, name);
			ifindex = netif_pair_find(name);
			ends->ifindex[pair][side] = ifindex;
			if (ifindex)
				continue;
			snprintf(why, size,
				 "device %s is gone or down: "
				 "packets cannot be held",
				 name);
			return false;
		}
	}
	return true;
}

bool ways_exist(const struct fl_device *device)
{
	struct ways_ends ends;
	char why[64];

	return find_ends(device, &ends, why, sizeof(why));
}

enum obj_prog ways_back_program(enum fl_side side)
{
	return side == FL_IN ? OBJ_BACK_OUT : OBJ_BACK_IN;
}

static void check_filters(const struct store_entry *entry,
			  const struct ways_ends *ends, char *why, size_t size)
{
	for (int side = 0; side < FL_SIDES && !*why; side++) {
		enum obj_prog prog = ways_back_program((enum fl_side)side);

		if (!tc_filter_exists(ends->ifindex[WAYS_RETURN][side], FL_IN,
				      WAYS_PRIORITY, pins_prog_id(entry, prog)))
			snprintf(why, size,
				 "the tc program of a helper "
				 "device is gone: held packets are lost");
	}
}

static void check_qdiscs(const struct fl_device *device,
			 const struct ways_ends *ends, char *why, size_t size)
{
	bool fq = device->holder == FL_HOLDER_FQ;
	const __u32 *ifindex = ends->ifindex[fq ? WAYS_RETURN : WAYS_TAKE];

	for (int side = 0; side < FL_SIDES && !*why; side++) {
		struct netif_qdisc qdisc;

		if (netif_qdisc_get(ifindex[side], &qdisc) ||
		    strcmp(qdisc.kind, fq ? "fq" : "pfifo"))
			snprintf(why, size,
				 "the %s of a helper device is "
				 "gone: packets are not held as asked",
				 fq ? "fq" : "queue");
	}
}

static void check_takers(const struct store_entry *entry,
			 const struct ways_ends *ends, char *why, size_t size)
{
	__u32 id = pins_prog_id(entry, OBJ_TAKE);

	for (int side = 0; side < FL_SIDES && !*why; side++) {
		struct netif_link link = { 0 };

		(void)netif_link_get_index(ends->ifindex[WAYS_TAKE][side],
					   &link);
		if (!id || link.xdp_prog_id[NETIF_XDP_DRIVER] != id)
			snprintf(why, size,
				 "the XDP program of a helper "
				 "device is gone: held packets are lost");
	}
}

void ways_check_devices(const struct store_entry *entry,
			const struct fl_device *device, struct ways_ends *ends,
			char *why, size_t size)
{
	*why = '\0';
	if (!find_ends(device, ends, why, size))
		return;
	check_filters(entry, ends, why, size);
	if (!*why)
		check_qdiscs(device, ends, why, size);
	if (!*why && device->holder == FL_HOLDER_PROCESS)
		check_takers(entry, ends, why, size);
}

const __u32 *ways_ends_into(const struct fl_device *device,
			    const struct ways_ends *ends)
{
	return ends->ifindex[device->holder == FL_HOLDER_PROCESS ? WAYS_TAKE :
								   WAYS_RETURN];
}

bool ways_are_in_use(const struct fl_device *device,
		     const struct fl_control *control,
		     const struct ways_ends *ends)
{
	return !memcmp(control->out_device, ways_ends_into(device, ends),
		       sizeof(control->out_device));
}

static void check_process(const struct fl_control *control, char *why,
			  size_t size)
{
	if (process_beats(control))
		return;
	if (process_is_ours(control->process))
		snprintf(why, size,
			 "the hold process hangs: packets pass "
			 "undelayed");
	else
		snprintf(why, size,
			 "the hold process is gone: packets pass "
			 "undelayed, until \"faultline hold\" or the next rule "
			 "that delays");
}

/* Somebody may have raised it since. */
static void check_mtu(const struct fl_device *device, char *why, size_t size)
{
	__u32 most = ways_mtu_max((enum fl_holder)device->holder);
	struct netif_link link;

	if (!netif_link_get_index(device->ifindex, &link) && link.mtu > most)
		snprintf(why, size,
			 "MTU %u: the %s engine takes at most %u, "
			 "larger packets pass undelayed",
			 link.mtu, ways_holder_name(device), most);
}

void ways_check(const struct store_entry *entry, const struct fl_device *device,
		char *why, size_t size)
{
	struct fl_control control;
	struct ways_ends ends;

	*why = '\0';
	if (!device->ways)
		return;
	ways_check_devices(entry, device, &ends, why, size);
	if (*why || pins_read(entry, OBJ_CONTROLS, &control))
		return;
	if (!ways_are_in_use(device, &control, &ends))
		snprintf(why, size,
			 "the %s engine is not ready: packets "
			 "pass undelayed",
			 ways_holder_name(device));
	else if (device->holder == FL_HOLDER_PROCESS)
		check_process(&control, why, size);
	if (!*why)
		check_mtu(device, why, size);
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
