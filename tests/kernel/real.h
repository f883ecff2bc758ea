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
#include "model/model.h"
#include "lib/tap.h"

#define REAL_CPUS_MAX 512

struct real_options {
	__u32 slots;
	__u64 seed;
	__u32 tcx, layer3;
	bool own_clock; /* the kernel's, not test_clock */
};

struct real {
	struct faultline_bpf *skeleton;
	struct fl_flow *flows, *flows_out;
	struct fl_flow_more *more;
	struct fl_ruleset *rulesets;
	struct fl_action *actions;
	struct fl_control *control;
	__u32 slots;
	int cpus;
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
#define REAL_MAPPED 6

static inline void real_mapped(struct real *real,
			       struct real_mapped mapped[REAL_MAPPED])
{
	struct faultline_bpf *s = real->skeleton;
	const struct real_mapped rows[REAL_MAPPED] = {
		{ s->maps.flows, sizeof(*real->flows), real->slots,
		  (void **)&real->flows },
		{ s->maps.flows_out, sizeof(*real->flows_out), real->slots,
		  (void **)&real->flows_out },
		{ s->maps.flows_more, sizeof(*real->more), real->slots,
		  (void **)&real->more },
		{ s->maps.rulesets, sizeof(*real->rulesets), 2,
		  (void **)&real->rulesets },
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

/* One entry for each slot where maps.def says so, as attach has it. */
static inline void real_size(struct faultline_bpf *s, __u32 slots)
{
#define MAP(id, name, kind, value, entries, open) \
	if (!(entries))                           \
		bpf_map__set_max_entries(         \
			bpf_object__find_map_by_name(s->obj, #name), slots);
#include <faultline/maps.def>
#undef MAP
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
	real_size(s, options->slots);
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

/* What device/stage.c does at the end, with the rules of @model. */
static inline void real_sync(struct real *real, const struct model *model)
{
	__u32 generation = model->control.generation;

	for (__u32 id = 0; id < FL_RULES_MAX; id++)
		obj_map_write(bpf_map__fd(real->skeleton->maps.chains), id,
			      &model->chains[id]);
	memcpy(real->skeleton->data_traces->traces, model->traces,
	       sizeof(real->skeleton->data_traces->traces));
	memcpy(real->actions, model->actions, sizeof(model->actions));
	memcpy(&real->rulesets[generation & 1],
	       &model->rulesets[generation & 1], sizeof(*real->rulesets));
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
			  __u32 side, __u32 gso_segs, void *out, int repeat)
{
	const struct faultline_bpf *s = real->skeleton;
	struct __sk_buff skb = { .gso_segs = gso_segs };
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
	__u32 index = id * FL_SIDES + side;

	memset(sum, 0, sizeof(*sum));
	if (bpf_map_lookup_elem(bpf_map__fd(real->skeleton->maps.counts),
				&index, values))
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
