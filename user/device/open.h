/* SPDX-License-Identifier: GPL-2.0-only */
/* What an attached device has pinned, open: the inside of struct device. */
#pragma once

#include <faultline/ruleset.h>

#include "base/clock.h"
#include "device.h"
#include "kernel/netif.h"
#include "kernel/obj.h"
#include "kernel/store.h"

/* One attached device, by its pins; or one of device_open_obj(). */
struct device {
	struct store_entry entry;
	struct fl_device record;
	char name[16]; /* now: it may have been renamed since attach */
	int map[OBJ_MAPS];
	/* Into the maps of the same names, where maps.def says MMAP. */
	struct fl_control *control;
	struct fl_spec *specs;
	struct fl_action *actions; /* by handle */
	struct fl_detail *details;
	__u64 *traces;
	struct fl_holding *holdings, *holding_bases;
	struct fl_table *distributions;
	/* Both halves. */
	struct fl_ruleset *rulesets;
	struct fl_position *positions;
	__u64 *vectors;
	struct fl_block *blocks;
	struct fl_intervals *intervals;
	struct fl_intervals6 *intervals6;
	struct fl_sizes sizes;
	__u64 checked_ns;	/* when device_health() last asked; 0: never */
	char degraded_why[128]; /* what it found, or "" */
};

int device_open_entry(const struct store_entry *entry, struct device **dev,
		      struct fl_error *error);

/*
 * Opens a device over the maps of @obj, with @record, of which nothing is
 * attached. Neither needs to outlive the call. FL_EXIT_*.
 */
int device_open_obj(const struct obj *obj, const struct fl_device *record,
		    struct device **dev, struct fl_error *error);

/* 0 or a negative errno. */
int device_write_record(struct device *dev);

/* The rules in force, in order of matching: their ids, and in *@count how many
 * there are. */
const struct fl_position *device_active_rules(const struct device *dev,
					      __u32 *count);

/* Lock for changes, with the store prepared. Returns FL_EXIT_*. */
int device_lock(int *lock, struct fl_error *error);
