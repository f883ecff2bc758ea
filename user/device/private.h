/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of the room. */
#pragma once

#include <faultline/ruleset.h>

#include "base/clock.h"
#include "compile/compile.h"
#include "device.h"
#include "kernel/netif.h"
#include "kernel/obj.h"
#include "kernel/store.h"

/* One attached device, by its pins; or one of load_replay(). */
struct device {
	struct store_entry entry;
	struct fl_device record;
	int map[OBJ_MAPS];
	/* Into the maps of the same names, see maps.h. */
	struct fl_control *control;
	struct fl_ruleset *rulesets; /* both halves */
	struct fl_action *actions;
	__u64 *traces;
	struct fl_holding *holdings; /* by id * FL_SIDES + side */
	struct fl_table *distributions;
	__u32 slots;
};

/* Handle of our tc filters: any, but always the same, below tc's own. */
#define DEVICE_TC_HANDLE 0xfa017u
#define DEVICE_TC_NAME "faultline"

int device_open_entry(const struct store_entry *entry, struct device **dev,
		      struct fl_error *error);

/* The pins under which @link was attached, from here or from the network
 * namespace that it has been moved from. -ENOENT when there are none. */
int device_find(const struct netif_link *link, struct store_entry *entry);

int device_write_record(struct device *dev);

/* Ids of the rules in force, in order of matching. */
const struct fl_ruleset *device_active_rules(const struct device *dev);

/*
 * Takes down whatever the entry put up, as far as it is still there, and
 * removes its pins. @leftovers says what could not be put back, or "".
 */
void device_teardown(const struct store_entry *entry, char *leftovers,
		     size_t size);

/* Tears down what is half made, and what its device has gone from. Call with
 * the lock held. Returns how many entries went. */
unsigned device_sweep(void);

/* What of ours is not where attach put it; "" when all is well. */
void health_check(const struct store_entry *entry,
		  const struct fl_device *device, char *why, size_t size);

/* Lock for changes, with the store prepared. Returns FL_EXIT_*. */
int device_lock(int *lock, struct fl_error *error);

/* Attaches the program for tickets at tc ingress, unless it is there. With
 * the lock held. FL_EXIT_*. */
int device_attach_late(struct device *dev, struct fl_error *error);

/* Whether this device can do what @rule says. FL_EXIT_*. */
int device_fit(const struct device *dev, const struct fl_rule *rule,
	       struct fl_error *error);
