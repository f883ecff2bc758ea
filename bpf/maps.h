/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps, the constants set before loading, and the clock. The other
 * stages reach them only through the functions below; the reference model of
 * the tests brings its own.
 */
#pragma once

#ifdef __bpf__

#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#include "common.h"

#define FL_ARRAY(name, map_type, value_type, entries, map_flags_) \
	struct {                                                  \
		__uint(type, map_type);                           \
		__type(key, __u32);                               \
		__type(value, value_type);                        \
		__uint(max_entries, entries);                     \
		__uint(map_flags, map_flags_);                    \
	} name SEC(".maps");

/* A kind of maps.def each. */
#define FL_MAP_ARRAY(name, value, entries) \
	FL_ARRAY(name, BPF_MAP_TYPE_ARRAY, value, entries, 0)
#define FL_MAP_SHARED(name, value, entries) \
	FL_ARRAY(name, BPF_MAP_TYPE_ARRAY, value, entries, BPF_F_MMAPABLE)
#define FL_MAP_PERCPU(name, value, entries) \
	FL_ARRAY(name, BPF_MAP_TYPE_PERCPU_ARRAY, value, entries, 0)
/* Elements are made when they are first needed. */
#define FL_MAP_SPARSE(name, value, entries) \
	FL_ARRAY(name, BPF_MAP_TYPE_HASH, value, entries, BPF_F_NO_PREALLOC)
#define FL_MAP_BLOCKS(name, value_type, entries)                            \
	struct {                                                            \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                   \
		__type(key, __u32);                                         \
		__uint(max_entries, entries);                               \
		__array(                                                    \
			values, struct {                                    \
				__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);    \
				__type(key, __u32);                         \
				__type(value, value_type);                  \
				__uint(max_entries, FL_ID_BLOCK *FL_SIDES); \
			});                                                 \
	} name SEC(".maps");
#define FL_MAP_PROGRAMS(name, value, entries) \
	FL_ARRAY(name, BPF_MAP_TYPE_PROG_ARRAY, value, entries, 0)
#define FL_MAP_DATA(name, value, entries) \
	value name[entries] SEC(".data." #name);
#define FL_MAP_VALUE(name, value, entries) value name SEC(".data." #name);

/* Set before loading. */
#define OF(member) 0
#define MAP(id, name, kind, value, entries, open) \
	FL_MAP_##kind(name, value, entries)
#include <faultline/maps.def>
#undef MAP
#undef OF

static const struct fl_flow_effects no_effects;

const volatile __u64 config_seed = 0;
const volatile __u64 config_secret = 1; /* odd, made from the seed */
const volatile __u32 config_slot_mask = FL_FLOW_WAYS - 1;
const volatile __u32 config_tcx = 0;
const volatile __u32 config_layer3 = 0;
const volatile __u32 config_generic = 0; /* XDP is */
const volatile __u32 config_holder = FL_HOLDER_NONE;
const volatile __u32 config_ifindex = 0;
const volatile __u32 config_held_max = 0;
/* Nothing leaves the program; "replayed" says what would have. */
const volatile __u32 config_replay = 0;
struct fl_replayed replayed;
/* Tests drive the clock through test_clock; the verifier removes the other. */
const volatile __u32 config_test_clock = 0;
struct fl_clock test_clock;
struct fl_clock last_tick;

FL_INLINE struct fl_flow *map_flow(__u32 index)
{
	return bpf_map_lookup_elem(&flows, &index);
}

/* The hot part of @side; the incoming one is the flow's lock. */
FL_INLINE struct fl_flow *map_flow_of(__u32 index, __u32 side)
{
	if (side == FL_IN)
		return map_flow(index);
	return bpf_map_lookup_elem(&flows_out, &index);
}

FL_INLINE struct fl_flow_more *map_flow_more(__u32 index)
{
	return bpf_map_lookup_elem(&flows_more, &index);
}

FL_INLINE struct fl_flow_effects *map_flow_effects(__u32 index)
{
	return bpf_map_lookup_elem(&flow_effects, &index);
}

/* The same; makes it. NULL also where there is no memory for it. */
FL_INLINE struct fl_flow_effects *map_make_flow_effects(__u32 index)
{
	struct fl_flow_effects *effects = map_flow_effects(index);

	if (effects || index > config_slot_mask)
		return effects;
	bpf_map_update_elem(&flow_effects, &index, (const void *)&no_effects,
			    BPF_NOEXIST);
	return map_flow_effects(index);
}

FL_INLINE struct fl_run *map_run(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&runs, &zero);
}

FL_INLINE struct fl_run *map_run_of(__u32 cpu)
{
	__u32 zero = 0;

	return bpf_map_lookup_percpu_elem(&runs, &zero, cpu);
}

/* This CPU may be counting in @set; volatile keeps the order of its stores and
 * loads, see bpf/owner.h for that of the CPU. */
FL_INLINE void run_enter(struct fl_run *run, __u32 set)
{
	*(volatile __u32 *)&run->set = set;
	FL_IN_ORDER();
}

FL_INLINE void run_leave(struct fl_run *run)
{
	FL_IN_ORDER();
	*(volatile __u32 *)&run->set = 0;
}

#define RUN_SETTLE_NS 2000
#define RUN_SETTLE_LOOKS 256

FL_GLOBAL int run_settle(void)
{
	__u64 until = bpf_ktime_get_ns() + RUN_SETTLE_NS;

	for (__u32 i = 0; i < RUN_SETTLE_LOOKS; i++)
		if (bpf_ktime_get_ns() >= until)
			break;
	return 0;
}

/* NULL for a packet that is in no slot. */
FL_INLINE struct fl_flow_held *map_flow_held(__u32 index)
{
	return bpf_map_lookup_elem(&flow_held, &index);
}

FL_INLINE struct fl_timing *map_timing(__u32 id)
{
	return bpf_map_lookup_elem(&timings, &id);
}

FL_INLINE struct fl_line *map_line(__u32 id, __u32 side)
{
	__u32 index = id * FL_SIDES + side;

	return bpf_map_lookup_elem(&lines, &index);
}

FL_INLINE struct fl_holding *map_holding(__u32 id, __u32 side)
{
	__u32 index = id * FL_SIDES + side;

	return bpf_map_lookup_elem(&holdings, &index);
}

FL_INLINE struct fl_chain *map_chain(__u32 id)
{
	return bpf_map_lookup_elem(&chains, &id);
}

FL_INLINE void chain_lock(struct fl_chain *chain)
{
	bpf_spin_lock(&chain->lock);
}

FL_INLINE void chain_unlock(struct fl_chain *chain)
{
	bpf_spin_unlock(&chain->lock);
}

FL_INLINE __u64 map_trace(__u32 word)
{
	return traces[word & (FL_TRACE_WORDS - 1)];
}

FL_INLINE struct fl_ruleset *map_ruleset(__u32 half)
{
	return bpf_map_lookup_elem(&rulesets, &half);
}

FL_INLINE const struct fl_position *map_position(__u32 index)
{
	return bpf_map_lookup_elem(&positions, &index);
}

FL_INLINE const __u64 *map_vector(__u32 index)
{
	return bpf_map_lookup_elem(&vectors, &index);
}

FL_INLINE const struct fl_block *map_block(__u32 index)
{
	return bpf_map_lookup_elem(&blocks, &index);
}

FL_INLINE const struct fl_intervals *map_intervals(__u32 index)
{
	return bpf_map_lookup_elem(&intervals, &index);
}

FL_INLINE const struct fl_intervals6 *map_intervals6(__u32 index)
{
	return bpf_map_lookup_elem(&intervals6, &index);
}

FL_INLINE struct fl_action *map_action(__u32 handle)
{
	return &actions[handle & FL_HANDLE_MASK];
}

FL_INLINE const struct fl_detail *map_detail(__u32 id)
{
	return bpf_map_lookup_elem(&details, &id);
}

/* Of an id above the first ones. */
FL_INLINE struct fl_counters *map_counters_more(__u32 id, __u32 side)
{
	__u32 block = (id - FL_IDS_PLAIN) / FL_ID_BLOCK;
	__u32 index = (id - FL_IDS_PLAIN) % FL_ID_BLOCK * FL_SIDES + side;
	void *counters = bpf_map_lookup_elem(&counts_more, &block);

	return counters ? bpf_map_lookup_elem(counters, &index) : 0;
}

FL_INLINE struct fl_counters *map_counters(__u32 id, __u32 side)
{
	__u32 index = id * FL_SIDES + side;

	return fl_likely(id < FL_IDS_PLAIN) ?
		       bpf_map_lookup_elem(&counts, &index) :
		       map_counters_more(id, side);
}

FL_INLINE struct fl_tally *map_tally(__u32 side)
{
	return bpf_map_lookup_elem(&tallies, &side);
}

FL_INLINE struct fl_scratch *map_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&scratches, &zero);
}

FL_INLINE struct fl_turn *map_turn(void)
{
	struct fl_scratch *scratch = map_scratch();

	return scratch ? &scratch->turn : 0;
}

FL_INLINE struct fl_control *map_control(void)
{
	return &control;
}

/* CLOCK_MONOTONIC, or the time in the capture. */
FL_INLINE __u64 clock_now_ns(void)
{
	return config_replay ? replayed.now_ns : bpf_ktime_get_ns();
}

FL_INLINE __u32 clock_ticks(void)
{
	return (__u32)(config_test_clock ? test_clock.jiffies :
					   bpf_jiffies64());
}

/*
 * CLOCK_BOOTTIME, at most one tick old: the helper costs 38 ns, jiffies
 * nothing, and jiffies alone would not count a suspend. CPUs that write
 * last_tick at once write the same; the time goes first, because who sees the
 * tick believes the time.
 */
FL_INLINE __u64 clock_boot_ns(void)
{
	volatile struct fl_clock *last = &last_tick;
	__u64 jiffies;

	if (config_test_clock)
		return test_clock.boot_ns;
	jiffies = bpf_jiffies64();
	if (fl_unlikely(last->jiffies != jiffies)) {
		last->boot_ns = bpf_ktime_get_boot_ns();
		last->jiffies = jiffies;
	}
	return last->boot_ns;
}

/*
 * The tick, and CLOCK_BOOTTIME as clock_boot_ns() would say it. 0: nobody has
 * looked at the time in this tick yet.
 */
FL_INLINE int clock_fresh(__u32 *ticks, __u64 *boot_ns)
{
	const volatile struct fl_clock *last = config_test_clock ? &test_clock :
								   &last_tick;
	/* Before the time, as it is written after it. */
	__u64 looked = last->jiffies;
	__u64 jiffies = config_test_clock ? looked : bpf_jiffies64();

	*ticks = (__u32)jiffies;
	*boot_ns = last->boot_ns;
	return looked == jiffies;
}

#endif
