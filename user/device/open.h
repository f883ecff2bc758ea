/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening what an attached device has pinned. */
#pragma once

#include "inside.h"

int device_open_entry(const struct store_entry *entry, struct device **dev,
		      struct fl_error *error);

/* The same, but only what the hold process has a use for: "control", "labels",
 * and the descriptors of what counts held packets. */
int device_open_lean(const struct store_entry *entry, struct device **dev,
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
