/* SPDX-License-Identifier: GPL-2.0-only */
#include "tc_filter.h"

#include <stdlib.h>

#include "kernel/pins.h"

bool tc_filter_exists(__u32 ifindex, enum fl_side side, __u32 priority,
		      __u32 prog_id)
{
	struct netif_filter *list = NULL;
	size_t count = 0;
	bool found = false;

	if (!prog_id || netif_filters(ifindex, side, &list, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (list[i].priority == priority &&
		    list[i].handle == TC_FILTER_HANDLE &&
		    list[i].prog_id == prog_id)
			found = true;
	free(list);
	return found;
}

bool tc_filter_is_ours(const struct store_entry *entry,
		       const struct fl_device *device, enum fl_side side)
{
	__u32 id = pins_prog_id(entry, side == FL_IN ? OBJ_TC_IN : OBJ_TC_OUT);

	return tc_filter_exists(device->ifindex, side,
				device->tc_priority[side], id);
}
