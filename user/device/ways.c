/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Making what holds packets. In the device record before it is there, and in
 * the datapath's hands only when all of it is.
 */
#include "ways.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_ether.h>

#include <faultline/ticket.h>

#include "process.h"
#include "hooks.h"
#include "probe/probe.h"

#define HOLD_MTU_MAX (FL_HELD_FRAME_MAX - ETH_HLEN)
#define TAKE_MTU FL_PARCEL_FRAME_MAX
#define TAKE_LIMIT 20000 /* packets on their way to the process */
#define PRIORITY 1
#define READY_MS 2000

/* Devices by the side whose packets are sent into them, 0: not there. */
struct ends {
	__u32 ifindex[WAYS_PAIRS][FL_SIDES];
};

static int count_pairs(const struct fl_device *device)
{
	return device->holder == FL_HOLDER_PROCESS ? WAYS_PAIRS : 1;
}

static const char *holder_name(const struct fl_device *device)
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

/* ---- what is there ------------------------------------------------------ */

static bool find_ends(const struct fl_device *device, struct ends *ends,
		      char *why, size_t size)
{
	memset(ends, 0, sizeof(*ends));
	for (int pair = 0; pair < count_pairs(device); pair++) {
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
	struct ends ends;
	char why[64];

	return find_ends(device, &ends, why, sizeof(why));
}

/* What is sent out by one end arrives at the other. */
static enum obj_prog back_program(enum fl_side side)
{
	return side == FL_IN ? OBJ_BACK_OUT : OBJ_BACK_IN;
}

static void check_filters(const struct store_entry *entry,
			  const struct ends *ends, char *why, size_t size)
{
	for (int side = 0; side < FL_SIDES && !*why; side++) {
		enum obj_prog prog = back_program((enum fl_side)side);

		if (!device_has_filter(ends->ifindex[WAYS_RETURN][side], FL_IN,
				       PRIORITY, device_pinned_id(entry, prog)))
			snprintf(why, size,
				 "the tc program of a helper "
				 "device is gone: held packets are lost");
	}
}

static void check_qdiscs(const struct fl_device *device,
			 const struct ends *ends, char *why, size_t size)
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
			 const struct ends *ends, char *why, size_t size)
{
	__u32 id = device_pinned_id(entry, OBJ_TAKE);

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

/* @why becomes "" when the devices are as we make them. */
static void check_devices(const struct store_entry *entry,
			  const struct fl_device *device, struct ends *ends,
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

static const __u32 *ends_out(const struct fl_device *device,
			     const struct ends *ends)
{
	return ends->ifindex[device->holder == FL_HOLDER_PROCESS ? WAYS_TAKE :
								   WAYS_RETURN];
}

static bool is_in_use(const struct fl_device *device,
		      const struct fl_control *control, const struct ends *ends)
{
	return !memcmp(control->out_device, ends_out(device, ends),
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
			 link.mtu, holder_name(device), most);
}

void ways_check(const struct store_entry *entry, const struct fl_device *device,
		char *why, size_t size)
{
	struct fl_control control;
	struct ends ends;
	int fd, err;

	*why = '\0';
	if (!device->ways)
		return;
	check_devices(entry, device, &ends, why, size);
	fd = *why ? -1 : store_get(entry->path, obj_map_names[OBJ_CONTROL]);
	if (fd < 0)
		return;
	err = obj_map_read(fd, 0, &control);
	close(fd);
	if (err)
		return;
	if (!is_in_use(device, &control, &ends))
		snprintf(why, size,
			 "the %s engine is not ready: packets "
			 "pass undelayed",
			 holder_name(device));
	else if (device->holder == FL_HOLDER_PROCESS)
		check_process(&control, why, size);
	if (!*why)
		check_mtu(device, why, size);
}

/* ---- making it ---------------------------------------------------------- */

static int add_pair(const struct fl_device *device, enum ways_pair pair)
{
	char out[16], in[16];

	ways_name(device->ifindex, pair, FL_OUT, out);
	ways_name(device->ifindex, pair, FL_IN, in);
	return netif_pair_add(out, in,
			      pair == WAYS_RETURN ? NETIF_MTU_MAX : TAKE_MTU);
}

static int with_program(const struct store_entry *entry, enum obj_prog prog,
			int (*attach)(__u32 ifindex, int fd), __u32 ifindex)
{
	int fd = store_get(entry->path, obj_prog_names[prog]);
	int err;

	if (fd < 0)
		return fd;
	err = attach(ifindex, fd);
	close(fd);
	return err;
}

static int attach_back(__u32 ifindex, int fd)
{
	int err = netif_clsact_add(ifindex);

	return err ? err :
		     netif_filter_add(ifindex, FL_IN, PRIORITY,
				      DEVICE_TC_HANDLE, fd, DEVICE_TC_NAME);
}

static int fit_way(const struct store_entry *entry,
		   const struct fl_device *device, enum fl_side side,
		   const struct netif_link *link)
{
	const struct netif_fq fq = {
		.limit = device->held_max,
		.horizon_us = ~0u,
		.buckets_log = 12,
		.orphan_mask = 0x1fffff,
		.timer_slack_ns = 1000,
	};
	int err = with_program(entry, back_program(side), attach_back,
			       link->ifindex);

	if (!err && device->holder == FL_HOLDER_FQ)
		err = netif_fq_set(link->ifindex, &fq);
	return err;
}

static int fit_take(const struct store_entry *entry,
		    const struct netif_link *link)
{
	int err = netif_plain_frames(link->name);

	if (!err)
		err = netif_pfifo_set(link->ifindex, TAKE_LIMIT);
	if (!err)
		err = with_program(entry, OBJ_TAKE, netif_xdp_attach,
				   link->ifindex);
	return err;
}

static int make_pair(const struct store_entry *entry,
		     const struct fl_device *device, enum ways_pair pair)
{
	struct netif_link link[FL_SIDES];
	int err = add_pair(device, pair);

	for (int side = 0; side < FL_SIDES && !err; side++) {
		char name[16];

		ways_name(device->ifindex, pair, (enum fl_side)side, name);
		err = netif_link_get(name, &link[side]);
		if (err)
			break;
		err = pair == WAYS_TAKE ?
			      fit_take(entry, &link[side]) :
			      fit_way(entry, device, (enum fl_side)side,
				      &link[side]);
	}
	for (int side = 0; side < FL_SIDES && !err; side++)
		err = netif_link_up(link[side].ifindex);
	return err;
}

/* The kernel puts their queues to work a moment after both ends are up. */
static int await_devices(const struct device *dev, struct ends *ends,
			 struct fl_error *error)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	char why[128];

	for (int ms = 0; ms < READY_MS; ms++) {
		check_devices(&dev->entry, &dev->record, ends, why,
			      sizeof(why));
		if (!*why)
			return 0;
		nanosleep(&pause, NULL);
	}
	return fl_fail(error, FL_EXIT_ERROR, "%s: %s", dev->record.name, why);
}

static int make_devices(const struct device *dev, struct ends *ends,
			struct fl_error *error)
{
	int err = 0;

	for (int pair = 0; pair < count_pairs(&dev->record) && !err; pair++)
		err = make_pair(&dev->entry, &dev->record,
				(enum ways_pair)pair);
	if (!err)
		return await_devices(dev, ends, error);
	return fl_fail(error,
		       err == -EPERM ? FL_EXIT_PERMISSION :
		       err == -EOPNOTSUPP || err == -ENOENT ?
				       FL_EXIT_UNSUPPORTED :
				       FL_EXIT_ERROR,
		       "%s: cannot make the devices of the %s engine: %s%s%s",
		       dev->record.name, holder_name(&dev->record),
		       strerror(-err), *netif_extack() ? ": " : "",
		       netif_extack());
}

/* Whatever of it is half there goes first. */
static int make_all(struct device *dev, struct ends *ends, bool whole,
		    struct fl_error *error)
{
	char leftovers[200] = "";
	int code = 0;

	if (!whole) {
		ways_remove(&dev->entry, &dev->record, NULL, leftovers,
			    sizeof(leftovers));
		code = make_devices(dev, ends, error);
	}
	if (!code && dev->record.holder == FL_HOLDER_PROCESS &&
	    !process_beats(dev->control)) {
		(void)process_stop(dev->control);
		code = process_start(dev, error);
	}
	if (code) {
		ways_remove(&dev->entry, &dev->record, NULL, leftovers,
			    sizeof(leftovers));
		return code;
	}
	for (int side = 0; side < FL_SIDES; side++)
		__atomic_store_n(&dev->control->out_device[side],
				 ends_out(&dev->record, ends)[side],
				 __ATOMIC_RELEASE);
	return 0;
}

/* What can be known before anything is made. */
static int fit_device(const struct device *dev, struct fl_error *error)
{
	const struct fl_device *d = &dev->record;
	struct netif_link link;
	__u64 cookie = 0;
	int err;

	if (d->holder != FL_HOLDER_FQ && d->holder != FL_HOLDER_PROCESS)
		return fl_fail(error, FL_EXIT_UNSUPPORTED,
			       "%s: nothing here can hold packets; why: "
			       "faultline doctor",
			       d->name);
	(void)netif_netns_cookie(&cookie);
	err = netif_link_get_index(d->ifindex, &link);
	if (err || cookie != d->netns_cookie)
		return fl_fail(error, FL_EXIT_ERROR,
			       "%s was moved to another "
			       "network namespace: detach it",
			       d->name);
	if (link.mtu > ways_mtu_max((enum fl_holder)d->holder))
		return fl_fail(error, FL_EXIT_UNSUPPORTED,
			       "%s: MTU %u: the %s engine takes at most %u",
			       link.name, link.mtu, holder_name(d),
			       ways_mtu_max((enum fl_holder)d->holder));
	return 0;
}

int ways_attach(struct device *dev, struct fl_error *error)
{
	struct ends ends;
	char why[128];
	int err, code = fit_device(dev, error);

	if (code)
		return code;
	check_devices(&dev->entry, &dev->record, &ends, why, sizeof(why));
	if (dev->record.ways && !*why &&
	    is_in_use(&dev->record, dev->control, &ends) &&
	    (dev->record.holder == FL_HOLDER_FQ || process_beats(dev->control)))
		return 0;
	dev->record.ways = 1;
	err = device_write_record(dev);
	if (err)
		return fl_fail(error, FL_EXIT_ERROR, "cannot write: %s",
			       strerror(-err));
	code = make_all(dev, &ends, !*why, error);
	if (code) {
		dev->record.ways = 0;
		(void)device_write_record(dev);
	}
	return code;
}
