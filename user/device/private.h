/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the engine_*.c files only. */
#pragma once

#include <faultline/ruleset.h>

#include "compile/compile.h"
#include "engine.h"
#include "kernel/netif.h"
#include "kernel/obj.h"
#include "kernel/store.h"

/* One attached device, by its pins. */
struct engine {
	struct store_entry entry;
	struct fl_device device;
	int map[OBJ_MAPS];
	struct fl_control *control;
	struct fl_ruleset *rulesets; /* both halves */
	struct fl_action *actions;
	__u64 *traces;
	struct fl_holding *holdings; /* by id * FL_SIDES + side */
	struct fl_table *tables;
	__u32 slots;
};

/* Handle of our tc filters: any, but always the same, below tc's own. */
#define ENGINE_TC_HANDLE 0xfa017u
#define ENGINE_TC_NAME "faultline"

int engine_open_entry(const struct store_entry *entry, struct engine **engine,
		      struct fl_error *error);

/* The pins under which @link was attached, from here or from the network
 * namespace that it has been moved from. -ENOENT when there are none. */
int engine_find(const struct netif_link *link, struct store_entry *entry);

int engine_write_device(struct engine *engine);

/* Compiles and puts into force @rules; with @count 0 and @disarm nothing at
 * all will match, not even guards. */
int engine_switch(struct engine *engine, const struct compile_rule *rules,
		  size_t count, const __u16 *ids, size_t id_count,
		  struct fl_error *error);

/* Writes all that the datapath keeps of @rule, begun anew, for slot @id.
 * Negative errno. */
int engine_stage_state(struct engine *engine, const struct fl_rule *rule,
		       __u16 id);

/* Ids of the rules in force, in order of matching. */
const struct fl_ruleset *engine_active(const struct engine *engine);

/*
 * Takes down whatever the entry put up, as far as it is still there, and
 * removes its pins. @leftovers says what could not be put back, or "".
 */
void engine_teardown(const struct store_entry *entry, char *leftovers,
		     size_t size);

/* Tears down what is half made, and what its device has gone from. Call with
 * the lock held. Returns how many entries went. */
unsigned engine_sweep(void);

/* What of ours is not where attach put it; "" when all is well. */
void engine_check(const struct store_entry *entry,
		  const struct fl_device *device, char *why, size_t size);

/* Lock for changes, with the store prepared. Returns FL_EXIT_*. */
int engine_lock(int *lock, struct fl_error *error);

/* Attaches the program for tickets at tc ingress, unless it is there. With
 * the lock held. FL_EXIT_*. */
int engine_attach_late(struct engine *engine, struct fl_error *error);

/* Whether this device can do what @rule says. FL_EXIT_*. */
int engine_fit(const struct engine *engine, const struct fl_rule *rule,
	       struct fl_error *error);

__u64 engine_now_ns(void);  /* as the programs' clock, since boot */
__u64 engine_boot_ns(void); /* the same, and while asleep */
__u64 engine_real_ns(void);
