/* SPDX-License-Identifier: GPL-2.0-only */
/* Opening what an attached device has pinned. */
#pragma once

#include "inside.h"

int device_open_entry(const struct store_entry *entry, struct device **dev,
		      struct fl_error *error);

/* The same, silently: 0 or a negative errno. -ENOENT: it is half made; -EPROTO,
 * -EPROTONOSUPPORT: of an older, of a newer version. */
int device_try_open(const struct store_entry *entry, struct device **dev);
/* Fills @error for such an @err: FL_EXIT_*. */
int device_open_failure(int err, const struct store_entry *entry,
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

/*
 * Lock for changes, with the store prepared. Signals are held back from then on
 * until device_unlock(). Returns FL_EXIT_*.
 */
int device_lock(int *lock, struct fl_error *error);
void device_unlock(int lock);

/* Looks again at an open device that is attached, under the lock: the record,
 * and whether its pins are still those that were opened. FL_EXIT_*. */
int device_look_again(struct device *dev, struct fl_error *error);
