/* SPDX-License-Identifier: GPL-2.0-only */
/* The stages of bpf/ over the maps of the model that the thread is in. */
#pragma once

#include <sched.h>

#include "../../bpf/common.h"
#include "model.h"

/*
 * Constants of the object; gone again below, because tests set those
 * of the real one.
 */
#define config_seed (model_now->seed)
#define config_secret fl_secret(model_now->seed)
#define config_slot_mask (model_now->slot_mask)

/* Tests hook in here what another CPU does at this very moment. */
static inline void model_pause(void)
{
	if (model_now->pause)
		model_now->pause(model_now, model_now->pause_context);
}

static inline struct fl_flow *map_flow(__u32 index)
{
	model_pause();
	return index <= model_now->slot_mask ? &model_now->flows[index] : NULL;
}

static inline struct fl_flow *map_flow_of(__u32 index, __u32 side)
{
	if (side == FL_IN)
		return map_flow(index);
	model_pause();
	return index <= model_now->slot_mask ? &model_now->flows_out[index] :
					       NULL;
}

static inline struct fl_flow_more *map_flow_more(__u32 index)
{
	model_pause();
	return index <= model_now->slot_mask ? &model_now->more[index] : NULL;
}

static inline struct fl_flow_effects *map_flow_effects(__u32 index)
{
	model_pause();
	if (index > model_now->slot_mask ||
	    !__atomic_load_n(&model_now->has_effects[index], __ATOMIC_ACQUIRE))
		return NULL;
	return &model_now->effects[index];
}

static inline struct fl_flow_effects *map_make_flow_effects(__u32 index)
{
	if (index <= model_now->slot_mask)
		__atomic_store_n(&model_now->has_effects[index], true,
				 __ATOMIC_RELEASE);
	return map_flow_effects(index);
}

static inline struct fl_run *map_run(void)
{
	return &model_now->runs[model_cpu];
}

static inline struct fl_run *map_run_of(__u32 cpu)
{
	return cpu < MODEL_CPUS ? &model_now->runs[cpu] : NULL;
}

/* Nothing holds packets here. */
static inline struct fl_flow_held *map_flow_held(__u32 index)
{
	static struct fl_flow_held never;

	(void)index;
	return &never;
}

static inline struct fl_turn *map_turn(void)
{
	static _Thread_local struct fl_turn turn;

	return &turn;
}

/* With a fence, where the kernel's programs wait for a while instead. */
static inline void run_enter(struct fl_run *run, __u32 set)
{
	__atomic_store_n(&run->set, set, __ATOMIC_SEQ_CST);
	model_pause();
}

static inline void run_leave(struct fl_run *run)
{
	__atomic_store_n(&run->set, 0, __ATOMIC_RELEASE);
}

static inline int run_settle(void)
{
	static _Thread_local unsigned calls;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	/* Threads do sleep in the middle; on a busy machine a turn is long. */
	if (++calls % 8 == 0)
		sched_yield();
	model_pause();
	return 0;
}

static inline struct fl_chain *map_chain(__u32 id)
{
	model_pause();
	return id < model_now->maps.sizes.ids ? &model_now->chains[id] : NULL;
}

static inline void chain_lock(struct fl_chain *chain)
{
	while (__atomic_exchange_n(&chain->lock.val, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

static inline void chain_unlock(struct fl_chain *chain)
{
	__atomic_store_n(&chain->lock.val, 0, __ATOMIC_RELEASE);
}

static inline __u64 map_trace(__u32 word)
{
	return model_now->traces[word & (FL_TRACE_WORDS - 1)];
}

static inline struct fl_ruleset *map_ruleset(__u32 half)
{
	model_pause();
	return half < 2 ? &model_now->maps.rulesets[half] : NULL;
}

/* What a ruleset has of a map, in two halves of @count each. */
#define MODEL_HALVES(type, function, map, count)                       \
	static inline const type *function(__u32 index)                \
	{                                                              \
		const struct fl_maps *maps = &model_now->maps;         \
		return index < 2 * (count) ? &maps->map[index] : NULL; \
	}
MODEL_HALVES(struct fl_position, map_position, positions, maps->sizes.positions)
MODEL_HALVES(__u64, map_vector, vectors,
	     maps->sizes.vectors * maps->sizes.vector_words)
MODEL_HALVES(struct fl_block, map_block, blocks, maps->sizes.blocks)
MODEL_HALVES(struct fl_intervals, map_intervals, intervals,
	     maps->sizes.intervals)
MODEL_HALVES(struct fl_intervals6, map_intervals6, intervals6,
	     maps->sizes.intervals6)
#undef MODEL_HALVES

static inline struct fl_action *map_action(__u32 handle)
{
	model_pause();
	return &model_now->actions[handle & FL_HANDLE_MASK];
}

static inline const struct fl_detail *map_detail(__u32 id)
{
	return id < model_now->maps.sizes.ids ? &model_now->details[id] : NULL;
}

static inline struct fl_counters *map_counters(__u32 id, __u32 side)
{
	model_pause();
	return id < model_now->maps.sizes.ids ?
		       &model_now->counts[model_cpu][id * FL_SIDES + side] :
		       NULL;
}

static inline struct fl_tally *map_tally(__u32 side)
{
	model_pause();
	return side < FL_SIDES ? &model_now->tallies[model_cpu][side] : NULL;
}

static inline struct fl_control *map_control(void)
{
	model_pause();
	return &model_now->control;
}

static inline __u32 clock_ticks(void)
{
	model_pause();
	return (__u32)__atomic_load_n(&model_now->clock.jiffies,
				      __ATOMIC_RELAXED);
}

static inline __u64 clock_boot_ns(void)
{
	return __atomic_load_n(&model_now->clock.boot_ns, __ATOMIC_RELAXED);
}

/*
 * gcc cannot see that an IPv4 key has no v6 words to look at; and with the
 * sanitizers libbpf's byte swaps are of type int.
 */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include "../../bpf/verdict.h"
#include "../../bpf/wire.h"
#pragma GCC diagnostic pop

#undef config_secret
#undef config_seed
#undef config_slot_mask
