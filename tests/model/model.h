/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference model: the datapath's own stages compiled for the host, over
 * maps that are plain memory. Programs that include this file include
 * model.c once, too.
 *
 * The stages reach their maps through the model that the thread has entered
 * (model_enter); every thread counts as one CPU.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <faultline/abi.h>
#include <faultline/ruleset.h>

#include "compile/compile.h"

#define MODEL_CPUS 8

struct model_rule {
	struct fl_rule rule;
	__u16 id, handle;
};

struct model {
	struct fl_flow *flows, *flows_out;
	struct fl_flow_more *more;
	struct fl_flow_effects *effects;
	bool *has_effects; /* by slot */
	struct fl_chain *chains;
	__u64 *traces;
	struct fl_maps maps; /* two halves */
	struct fl_action actions[FL_ACTIONS];
	struct fl_detail *details;
	struct fl_counters *counts[MODEL_CPUS]; /* by id * FL_SIDES + side */
	struct fl_tally tallies[MODEL_CPUS][FL_SIDES];
	struct fl_run runs[MODEL_CPUS];
	struct fl_control control;
	struct fl_clock clock; /* as the tests set it */
	__u64 seed;
	__u32 slot_mask, tcx, layer3;
	/* What device/stage.c keeps in "specs" and "device". */
	struct model_rule *rules; /* room for as many as the maps have */
	size_t rule_count;
	__u32 rules_max, next_id, next_handle;
	bool *has_id, has_handle[FL_HANDLES]; /* a rule has it */
	__u64 next_age;
	/* Called where another CPU may come in between; see model_pause(). */
	void (*pause)(struct model *model, void *context);
	void *pause_context;
};

/* The map a stage asks for is that of this model, and of this CPU in it. */
extern _Thread_local struct model *model_now;
extern _Thread_local unsigned model_cpu;

static inline void model_enter(struct model *model, unsigned cpu)
{
	model_now = model;
	model_cpu = cpu;
}

/* What the flow in slot @index keeps of @side; its counts are
 * model_counted()'s. */
static inline struct fl_flow_side *model_side(const struct model *model,
					      __u32 index, __u32 side)
{
	return side == FL_IN ? &model->more[index].in : &model->more[index].out;
}

/* What the flow in slot @index counted on @side, owner and others. */
static inline struct fl_flow_side model_counted(const struct model *model,
						__u32 index, __u32 side)
{
	return fl_flow_counted(side == FL_IN ? &model->flows[index] :
					       &model->flows_out[index],
			       model_side(model, index, side));
}

#define MODEL_RULES 1024 /* enough for most tests */

/* A model with @slots flow slots (a power of two, 8 or more), entered, for so
 * many rules, or for MODEL_RULES. */
struct model *model_new_for(__u32 slots, __u64 seed, __u32 rules);
struct model *model_new(__u32 slots, __u64 seed);
void model_free(struct model *model);

/*
 * Replaces all rules by these, or adds to them, exactly as device/stage.c
 * does: ids, handles, order, compilation, other half, generation. Rules
 * keep the seed, age and expiry_ns they have, except that age 0 means next.
 * Returns 0 or compile_ruleset()'s error; then the old ones stay in force.
 */
int model_load_rules(struct model *model, const struct fl_rule *rules,
		     size_t count);
int model_add_rules(struct model *model, const struct fl_rule *rules,
		    size_t count);
int model_delete_rule(struct model *model, const char *name);
/* The rule that has this name, or NULL, and its id, or 0. */
const struct model_rule *model_find(const struct model *model,
				    const char *name);
__u32 model_rule_id(const struct model *model, const char *name);

__u32 model_next_generation(__u32 generation);

/* What the door frames of ctx_xdp.h and ctx_tc.h return for the frame. */
enum { MODEL_XDP_DROP = 1, MODEL_XDP_PASS = 2 };
enum {
	MODEL_TC_PASS = -1,
	MODEL_TC_SHOT = 2,
	MODEL_TC_STOLEN = 4,
	MODEL_TC_REDIRECT = 7
};

struct fl_key;

/* The key of a frame that the parser knows, going @side, by the seed @seed. */
void model_key(const void *frame, size_t length, __u32 side, __u64 seed,
	       struct fl_key *key);

/* @fate: what else was to be done to it, see fate.h; the model only says
 * so. NULL where nobody wants to know. */
int model_xdp(struct model *model, const void *frame, size_t length,
	      __u64 *fate);

/* What the kernel says of an aggregate: bytes of payload of each packet, not 0,
 * and how many packets; 0: it does not say. */
struct model_gso {
	__u32 size, segs;
};

/* @gso: NULL where the buffer is one packet. */
int model_tc(struct model *model, const void *frame, size_t length, __u32 side,
	     const struct model_gso *gso, __u64 *fate);

/* Sums over all CPUs. */
void model_counters(const struct model *model, __u32 id, __u32 side,
		    struct fl_counters *out);
void model_tally(const struct model *model, __u32 side, struct fl_tally *out);
void model_add_counters(struct fl_counters *sum,
			const struct fl_counters *more);
void model_add_tally(struct fl_tally *sum, const struct fl_tally *more);

/* A rule without match fields, for the tests to go on from. */
struct fl_rule model_rule(const char *name, __u32 directions,
			  enum fl_impair_kind kind, __u32 parameter);
