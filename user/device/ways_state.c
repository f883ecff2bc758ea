/* SPDX-License-Identifier: GPL-2.0-only */
#include "ways_state.h"

#include <stdio.h>
#include <string.h>

#include "holder.h"
#include "kernel/pins.h"
#include "tc_filter.h"

enum obj_prog ways_back_program(enum fl_side side)
{
	return side == FL_IN ? OBJ_BACK_IN : OBJ_BACK_OUT;
}

enum fl_side ways_back_hook(const struct fl_device *record)
{
	return holder_of(record)->has_base ? FL_OUT : FL_IN;
}

void ways_door_name(const struct fl_device *record, enum fl_side side,
		    char name[16])
{
	if (holder_of(record)->has_base)
		ways_base_name(record->ifindex, side, name);
	else
		ways_name(record->ifindex, side, name);
}

static bool find_end(const char *name, __u32 *ifindex, char *why, size_t size)
{
	*ifindex = netif_helper_find(name);
	if (!*ifindex)
		snprintf(why, size,
			 "helper device %s is gone or down: packets cannot be "
			 "held",
			 name);
	return *ifindex;
}

static bool find_ends(const struct fl_device *record, struct ways_ends *ends,
		      char *why, size_t size)
{
	memset(ends, 0, sizeof(*ends));
	for (int side = 0; side < FL_SIDES; side++) {
		char name[16];

		ways_door_name(record, (enum fl_side)side, name);
		if (!find_end(name, &ends->door[side], why, size))
			return false;
		ways_name(record->ifindex, (enum fl_side)side, name);
		if (!find_end(name, &ends->ifindex[side], why, size))
			return false;
	}
	return true;
}

bool ways_exist(const struct fl_device *record)
{
	struct ways_ends ends;
	char why[64];

	return find_ends(record, &ends, why, sizeof(why));
}

static void check_filters(const struct store_entry *entry,
			  const struct fl_device *record,
			  const struct ways_ends *ends, char *why, size_t size)
{
	for (int side = 0; side < FL_SIDES && !*why; side++) {
		enum obj_prog prog = ways_back_program((enum fl_side)side);

		if (!tc_filter_exists(ends->door[side], ways_back_hook(record),
				      WAYS_PRIORITY, pins_prog_id(entry, prog)))
			snprintf(why, size,
				 "the tc program of a helper "
				 "device is gone: held packets are lost");
	}
}

static void check_qdiscs(const struct holder_ops *ops,
			 const __u32 ends[FL_SIDES], char *why, size_t size)
{
	for (int side = 0; side < FL_SIDES && ops->qdisc && !*why; side++) {
		struct netif_qdisc qdisc;

		if (netif_qdisc_get(ends[side], &qdisc) ||
		    strcmp(qdisc.kind, ops->qdisc))
			snprintf(why, size,
				 "the %s of a helper device is gone: packets "
				 "are not held as requested",
				 ops->qdisc);
	}
}

void ways_check_devices(const struct store_entry *entry,
			const struct fl_device *record, struct ways_ends *ends,
			char *why, size_t size)
{
	const struct holder_ops *ops = holder_of(record);

	*why = '\0';
	if (!find_ends(record, ends, why, size))
		return;
	check_filters(entry, record, ends, why, size);
	if (!*why)
		check_qdiscs(ops, ends->ifindex, why, size);
}

static bool are_in_use(const struct fl_control *control,
		       const struct ways_ends *ends)
{
	return !memcmp(control->out_device, ends->ifindex,
		       sizeof(control->out_device));
}

bool ways_work(const struct fl_device *record, const struct fl_control *control,
	       const struct ways_ends *ends)
{
	const struct holder_ops *ops = holder_of(record);

	return are_in_use(control, ends) && (!ops->runs || ops->runs(control));
}

/* Somebody may have raised it since. */
static void check_mtu(const struct fl_device *record, char *why, size_t size)
{
	__u32 most = holder_of(record)->mtu_max;
	struct netif_link link;

	if (!netif_link_get_index(record->ifindex, &link) && link.mtu > most)
		snprintf(why, size,
			 "MTU %u: engine %s supports at most %u: larger "
			 "packets pass undelayed",
			 link.mtu, holder_word_of(record), most);
}

void ways_check(const struct store_entry *entry, const struct fl_device *record,
		char *why, size_t size)
{
	const struct holder_ops *ops = holder_of(record);
	struct fl_control control;
	struct ways_ends ends;

	*why = '\0';
	if (!record->ways)
		return;
	ways_check_devices(entry, record, &ends, why, size);
	if (*why || pins_read(entry, OBJ_CONTROL, &control, sizeof(control)))
		return;
	if (!are_in_use(&control, &ends))
		snprintf(why, size,
			 "engine %s is not ready: packets pass undelayed",
			 holder_word_of(record));
	else if (!ways_work(record, &control, &ends))
		ops->check_run(&control, why, size);
	if (!*why)
		check_mtu(record, why, size);
}

__u64 ways_lost(const struct device *dev, enum fl_side side)
{
	__u64 lost = dev->control->lost[side];

	if (dev->record.ways)
		lost += holder_of(&dev->record)->lost(dev, side);
	return lost;
}
