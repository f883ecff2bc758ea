/* SPDX-License-Identifier: GPL-2.0-only */
#include "tc_filter.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel/pins.h"

int tc_filter_find(__u32 ifindex, enum fl_side side, __u32 priority,
		   __u32 prog_id)
{
	struct netif_filter *list = NULL;
	size_t count = 0;
	int err, found = 0;

	if (!prog_id)
		return 0;
	err = netif_filters(ifindex, side, &list, &count);
	for (size_t i = 0; i < count && !err; i++)
		if (list[i].priority == priority &&
		    list[i].handle == TC_FILTER_HANDLE &&
		    list[i].prog_id == prog_id)
			found = 1;
	free(list);
	return err ? err : found;
}

bool tc_filter_exists(__u32 ifindex, enum fl_side side, __u32 priority,
		      __u32 prog_id)
{
	return tc_filter_find(ifindex, side, priority, prog_id) > 0;
}

int tc_filter_is_ours(const struct store_entry *entry,
		      const struct fl_device *device, enum fl_side side)
{
	__u32 id = 0;
	int err = pins_prog(entry, side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT, &id);

	if (err)
		return err == -ENOENT ? 0 : err;
	return tc_filter_find(device->ifindex, side, device->tc_priority[side],
			      id);
}
