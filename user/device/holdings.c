/* SPDX-License-Identifier: GPL-2.0-only */
#include "holdings.h"

#define ENTRIES (FL_HOLD_IDS * FL_SIDES)

static int map(const struct device *dev, enum obj_map map,
	       struct fl_holding **holdings)
{
	return *holdings ? 0 :
			   obj_map_mmap(dev->map[map], sizeof(**holdings),
					ENTRIES, 1, (void **)holdings);
}

int holdings_open(struct device *dev)
{
	int err = map(dev, OBJ_HOLDINGS, &dev->holdings);

	return err ? err : map(dev, OBJ_HOLDING_BASES, &dev->holding_bases);
}

void holdings_close(struct device *dev)
{
	obj_map_munmap(dev->holdings, sizeof(*dev->holdings), ENTRIES);
	obj_map_munmap(dev->holding_bases, sizeof(*dev->holding_bases),
		       ENTRIES);
	dev->holdings = dev->holding_bases = NULL;
}
