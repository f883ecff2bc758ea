/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Specs and counters of all ids that a device has: of the first ones, which are
 * there from the beginning, and of blocks that came with more rules. 0 or a
 * negative errno.
 */
#pragma once

#include "inside.h"

/* Maps the specs: of all ids at dev->specs, up to dev->id_end. Undone by
 * blocks_close(). */
int blocks_open(struct device *dev);
void blocks_close(struct device *dev);

/* Finds blocks that another command has made since. */
int blocks_refresh(struct device *dev);

/* One block more; -ENOSPC: all are there. The lock is held. */
int blocks_add(struct device *dev);

/* Counters of one id and side. */
int blocks_counters(const struct device *dev, __u32 id, __u32 side,
		    struct fl_counters *sum);
/* Of all up to dev->id_end, by id * FL_SIDES + side. */
int blocks_all_counters(const struct device *dev, struct fl_counters *sums);
