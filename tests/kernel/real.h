/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real programs, loaded by their skeleton and run by BPF_PROG_TEST_RUN,
 * with the rules of a model in their maps.
 */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <faultline/abi.h>
#include <faultline/rng.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <faultline.skel.h>
#pragma GCC diagnostic pop

#include "kernel/obj.h"
#include "kernel/obj_block.h"
#include "model/model.h"
#include "lib/tap.h"

#define REAL_CPUS_MAX 512

struct real_options {
	__u32 slots;
	__u64 seed;
	__u32 tcx, layer3;
	__u32 rules;	/* 0: MODEL_RULES */
	bool own_clock; /* the kernel's, not test_clock */
};

struct real {
	struct faultline_bpf *skeleton;
	struct fl_flow *flows, *flows_out;
	struct fl_flow_more *more;
	struct fl_maps maps;
	struct fl_action *actions;
	struct fl_detail *details;
	struct fl_control *control;
	__u32 slots;
	int cpus;
	int more_counts[FL_ID_BLOCKS];
};

static inline int real_quiet(enum libbpf_print_level level, const char *format,
			     va_list args)
{
	char text[200];

	/* The verifier's log would be thousands of lines. */
	if (level != LIBBPF_WARN || strstr(format, "LOG"))
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	tap_diag("%s", text);
	return 0;
}

struct real_mapped {
	const struct bpf_map *map;
	size_t value_size, entries;
	void **address;
};
#define REAL_MAPPED 12

static inline void real_mapped(struct real *real,
			       struct real_mapped mapped[REAL_MAPPED])
{
	const struct fl_sizes *sizes = &real->maps.sizes;
	struct faultline_bpf *s = real->skeleton;
	struct fl_maps *maps = &real->maps;
	const struct real_mapped rows[REAL_MAPPED] = {
		{ s->maps.flows, sizeof(*real->flows), real->slots,
		  (void **)&real->flows },
		{ s->maps.flows_out, sizeof(*real->flows_out), real->slots,
		  (void **)&real->flows_out },
		{ s->maps.flows_more, sizeof(*real->more), real->slots,
		  (void **)&real->more },
		{ s->maps.rulesets, sizeof(*maps->rulesets), 2,
		  (void **)&maps->rulesets },
		{ s->maps.positions, sizeof(*maps->positions),
		  2 * sizes->positions, (void **)&maps->positions },
		{ s->maps.vectors, sizeof(*maps->vectors),
		  2 * sizes->vectors * sizes->vector_words,
		  (void **)&maps->vectors },
		{ s->maps.blocks, sizeof(*maps->blocks), 2 * sizes->blocks,
		  (void **)&maps->blocks },
		{ s->maps.intervals, sizeof(*maps->intervals),
		  2 * sizes->intervals, (void **)&maps->intervals },
		{ s->maps.intervals6, sizeof(*maps->intervals6),
		  2 * sizes->intervals6, (void **)&maps->intervals6 },
		{ s->maps.details, sizeof(*real->details), sizes->ids,
		  (void **)&real->details },
		{ s->maps.data_actions, sizeof(*real->actions), FL_ACTIONS,
		  (void **)&real->actions },
		{ s->maps.data_control, sizeof(*real->control), 1,
		  (void **)&real->control },
	};

	memcpy(mapped, rows, sizeof(rows));
}

static inline int real_map(struct real *real)
{
	struct real_mapped mapped[REAL_MAPPED];
	int err = 0;

	real_mapped(real, mapped);
	for (int i = 0; i < REAL_MAPPED && !err; i++)
		err = obj_map_mmap(bpf_map__fd(mapped[i].map),
				   mapped[i].value_size, mapped[i].entries, 1,
				   mapped[i].address);
	return err;
}

/* As large as attach makes them. */
static inline void real_size(struct faultline_bpf *s,
			     const struct fl_sizes *sizes)
{
	struct bpf_map *map;

	/* The others are not found: their names are longer. */
#define OF(member) sizes->member
#define MAP(id, name, kind, value, entries, open)          \
	map = bpf_object__find_map_by_name(s->obj, #name); \
	if (map)                                           \
		bpf_map__set_max_entries(map, entries);
#include <faultline/maps.def>
#undef MAP
#undef OF
}

/* As attach does it: the short program in front, and each CPU a name. */
static inline int real_own(struct real *real)
{
	struct fl_run runs[REAL_CPUS_MAX] = { 0 };
	struct faultline_bpf *s = real->skeleton;
	const int xdp = bpf_program__fd(s->progs.faultline_xdp);
	const int in = bpf_program__fd(s->progs.faultline_in);
	const int out = bpf_program__fd(s->progs.faultline_out);
	int err = obj_map_write(bpf_map__fd(s->maps.jumps), 0, &xdp);

	if (!err)
		err = obj_map_write(bpf_map__fd(s->maps.jumps_tc), FL_IN, &in);
	if (!err)
		err = obj_map_write(bpf_map__fd(s->maps.jumps_tc), FL_OUT,
				    &out);

	for (int cpu = 0; cpu < real->cpus && cpu < REAL_CPUS_MAX; cpu++)
		runs[cpu].owner = (__u32)cpu + 1;
	return err ? err : obj_map_write(bpf_map__fd(s->maps.runs), 0, runs);
}

/* As the first rule with an effect has it. */
static inline int real_tails(const struct real *real)
{
	struct faultline_bpf *s = real->skeleton;
	int fd = bpf_program__fd(s->progs.faultline_effect);

	return obj_map_write(bpf_map__fd(s->maps.tails), FL_TAIL_EFFECT, &fd);
}

/* Counters of more ids than the first ones, where there are as many rules. */
static inline int real_blocks(struct real *real)
{
	const int blocks_fd = bpf_map__fd(real->skeleton->maps.counts_more);
	int err = 0;

	for (__u32 i = 0; i < FL_ID_BLOCKS; i++)
		real->more_counts[i] = -1;
	for (__u32 i = 0; i < FL_ID_BLOCKS && !err; i++) {
		if (real->maps.sizes.ids <= FL_IDS_PLAIN)
			break;
		real->more_counts[i] = obj_block_counts();
		err = obj_block_put(blocks_fd, i, real->more_counts[i]);
	}
	return err;
}

static inline int real_open(struct real *real,
			    const struct real_options *options)
{
	struct faultline_bpf *s;
	int err;

	memset(real, 0, sizeof(*real));
	libbpf_set_print(real_quiet);
	s = faultline_bpf__open();
	if (!s)
		return -errno;
	real->skeleton = s;
	real->slots = options->slots;
	real->cpus = libbpf_num_possible_cpus();
	real->maps.sizes = fl_sizes_of(
		options->rules ? options->rules : MODEL_RULES, options->slots);
	real_size(s, &real->maps.sizes);
	s->rodata->config_slot_mask = options->slots - 1;
	s->rodata->config_seed = options->seed;
	s->rodata->config_secret = fl_secret(options->seed);
	s->rodata->config_tcx = options->tcx;
	s->rodata->config_layer3 = options->layer3;
	s->rodata->config_test_clock = !options->own_clock;
	/* Nothing is to leave the test. */
	s->rodata->config_replay = 1;
	err = faultline_bpf__load(s);
	if (!err)
		err = real_map(real);
	if (!err)
		err = real_blocks(real);
	if (!err)
		err = real_own(real);
	if (!err)
		err = real_tails(real);
	if (err)
		tap_diag("cannot load the programs: %s", strerror(-err));
	return err;
}

static inline void real_close(struct real *real)
{
	struct real_mapped mapped[REAL_MAPPED];

	real_mapped(real, mapped);
	for (int i = 0; i < REAL_MAPPED; i++)
		obj_map_munmap(*mapped[i].address, mapped[i].value_size,
			       mapped[i].entries);
	for (int i = 0; i < FL_ID_BLOCKS; i++)
		if (real->more_counts[i] >= 0)
			close(real->more_counts[i]);
	faultline_bpf__destroy(real->skeleton);
}

static inline struct fl_flow_side *real_side(const struct real *real,
					     __u32 index, __u32 side)
{
	return side == FL_IN ? &real->more[index].in : &real->more[index].out;
}

/* The hot part of the side. */
static inline struct fl_flow *real_part(const struct real *real, __u32 index,
					__u32 side)
{
	return side == FL_IN ? &real->flows[index] : &real->flows_out[index];
}

static inline struct fl_flow_side real_counted(const struct real *real,
					       __u32 index, __u32 side)
{
	return fl_flow_counted(real_part(real, index, side),
			       real_side(real, index, side));
}

/* The flow's next packet on @side gets @number, from its owner where it has
 * one and owners count as far. */
static inline void real_set_number(const struct real *real, __u32 index,
				   __u32 side, __u64 number)
{
	struct fl_flow_side *counts = real_side(real, index, side);
	struct fl_flow *flow = real_part(real, index, side);

	counts->packets = number;
	if (!fl_flow_owner(flow->tuple))
		return;
	flow->counts = 0;
	if (number >= FL_OWNED_MAX) {
		flow->tuple = fl_flow_plain(flow->tuple);
		return;
	}
	counts->packets = FL_OWNED;
	flow->counts = number % FL_EPOCH_PACKETS;
	flow->tuple &= ~FL_TUPLE_EPOCH;
	flow->tuple |= number / FL_EPOCH_PACKETS << FL_TUPLE_EPOCH_SHIFT;
}

static inline void real_clock(struct real *real, const struct fl_clock *clock)
{
	real->skeleton->bss->test_clock = *clock;
}

/* Both are as large. */
static inline void real_sync_half(const struct fl_maps *to,
				  const struct fl_maps *from, __u32 half)
{
	const struct fl_sizes *sizes = &from->sizes;

#define REAL_COPY(map, count)                                        \
	memcpy(to->map + half * (count), from->map + half * (count), \
	       (count) * sizeof(*to->map))
	REAL_COPY(rulesets, 1);
	REAL_COPY(positions, sizes->positions);
	REAL_COPY(vectors, (size_t)sizes->vectors * sizes->vector_words);
	REAL_COPY(blocks, sizes->blocks);
	REAL_COPY(intervals, sizes->intervals);
	REAL_COPY(intervals6, sizes->intervals6);
#undef REAL_COPY
}

/* What device/stage.c does at the end, with the rules of @model. */
static inline void real_sync(struct real *real, const struct model *model)
{
	__u32 generation = model->control.generation;

	for (__u32 id = 0; id < model->maps.sizes.ids; id++)
		obj_map_write(bpf_map__fd(real->skeleton->maps.chains), id,
			      &model->chains[id]);
	memcpy(real->skeleton->data_traces->traces, model->traces,
	       sizeof(real->skeleton->data_traces->traces));
	memcpy(real->actions, model->actions, sizeof(model->actions));
	memcpy(real->details, model->details,
	       model->maps.sizes.ids * sizeof(*real->details));
	real_sync_half(&real->maps, &model->maps, generation & 1);
	__atomic_store_n(&real->control->generation, generation,
			 __ATOMIC_SEQ_CST);
	real_clock(real, &model->clock);
}

static inline int real_run(const struct bpf_program *program,
			   struct bpf_test_run_opts *options)
{
	int err = bpf_prog_test_run_opts(bpf_program__fd(program), options);

	if (err) {
		tap_diag("BPF_PROG_TEST_RUN of %u bytes: %s",
			 options->data_size_in, strerror(errno));
		return -1000;
	}
	return (int)options->retval;
}

/* @out, where given, gets the frame as the program left it: PKT_MAX bytes. */
static inline int real_xdp(struct real *real, const void *frame, size_t length,
			   void *out, int repeat)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
		    .data_size_in = (__u32)length, .data_out = out,
		    .data_size_out = out ? 2048 : 0, .repeat = repeat);

	return real_run(real->skeleton->progs.faultline_fast, &options);
}

static inline int real_tc(struct real *real, const void *frame, size_t length,
			  __u32 side, const struct model_gso *gso, void *out,
			  int repeat)
{
	const struct faultline_bpf *s = real->skeleton;
	struct __sk_buff skb = { .gso_segs = gso ? gso->segs : 1,
				 .gso_size = gso ? gso->size : 0 };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
		    .data_size_in = (__u32)length, .data_out = out,
		    .data_size_out = out ? 2048 : 0, .repeat = repeat,
		    .ctx_in = &skb, .ctx_size_in = sizeof(skb));

	return real_run(side == FL_IN ? s->progs.faultline_fast_in :
					s->progs.faultline_fast_out,
			&options);
}

static inline void real_counters(struct real *real, __u32 id, __u32 side,
				 struct fl_counters *sum)
{
	static struct fl_counters values[REAL_CPUS_MAX];
	int fd = bpf_map__fd(real->skeleton->maps.counts);
	__u32 index;

	memset(sum, 0, sizeof(*sum));
	if (id >= FL_IDS_PLAIN) {
		id -= FL_IDS_PLAIN;
		fd = real->more_counts[id / FL_ID_BLOCK];
		id %= FL_ID_BLOCK;
	}
	index = id * FL_SIDES + side;
	if (bpf_map_lookup_elem(fd, &index, values))
		tap_ok(false, "counters can be read");
	for (int cpu = 0; cpu < real->cpus; cpu++)
		model_add_counters(sum, &values[cpu]);
}

static inline void real_tally(struct real *real, __u32 side,
			      struct fl_tally *sum)
{
	static struct fl_tally values[REAL_CPUS_MAX];

	memset(sum, 0, sizeof(*sum));
	if (bpf_map_lookup_elem(bpf_map__fd(real->skeleton->maps.tallies),
				&side, values))
		tap_ok(false, "tallies can be read");
	for (int cpu = 0; cpu < real->cpus; cpu++)
		model_add_tally(sum, &values[cpu]);
}
