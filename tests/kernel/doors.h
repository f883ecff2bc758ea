/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How vectors get into the kernel: as the context of a BPF program of their
 * own, or as packets at each door of the real programs.
 */
#pragma once

#include <faultline/abi.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <vec.skel.h>
#pragma GCC diagnostic pop

#include "lib/pkt.h"
#include "model/model.c"

#include "real.h"

#define SLOTS 64
#define SEED 77

enum door { DOOR_XDP, DOOR_IN, DOOR_OUT, DOORS };

static const char *const door_names[DOORS] = { "xdp", "tc in", "tc out" };

static struct vec_bpf *alone;
static struct real real;
static struct model *model;
static enum door door;

static inline __u32 door_side(void)
{
	return door == DOOR_OUT ? FL_OUT : FL_IN;
}

/* What the program at the door returns. @gso: for tc only, see model.h; @out
 * may be NULL, see real.h. */
static inline int doors_run_gso(const struct pkt *pkt,
				const struct model_gso *gso, void *out)
{
	if (door == DOOR_XDP)
		return real_xdp(&real, pkt->data, pkt->length, out, 1);
	return real_tc(&real, pkt->data, pkt->length, door_side(), gso, out, 1);
}

static inline int doors_run(const struct pkt *pkt, void *out)
{
	return doors_run_gso(pkt, NULL, out);
}

/* No flow is known, and no packet has been counted for any. */
static inline void doors_forget_flows(void)
{
	memset(real.flows, 0, SLOTS * sizeof(*real.flows));
	memset(real.flows_out, 0, SLOTS * sizeof(*real.flows_out));
	memset(real.more, 0, SLOTS * sizeof(*real.more));
}

/* The only flow in the table, what it keeps of the side of the door, before its
 * packet @number; or NULL. */
static inline struct fl_flow_side *door_flow(__u64 number)
{
	for (__u32 i = 0; i < SLOTS; i++) {
		if (!real.flows[i].tuple)
			continue;
		real_set_number(&real, i, door_side(), number);
		return real_side(&real, i, door_side());
	}
	return NULL;
}

/* Runs @program of vec.bpf.c on a vector. */
static inline bool alone_run(const struct bpf_program *program, void *vec,
			     size_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = vec,
		    .ctx_size_in = (__u32)size);

	return !bpf_prog_test_run_opts(bpf_program__fd(program), &options);
}

/* main(): @run_alone has vec.bpf.c loaded, @run_doors the real programs. */
static inline int doors_main(void (*run_alone)(void), void (*run_doors)(void))
{
	struct real_options options = { .slots = SLOTS, .seed = SEED };

	if (geteuid())
		return tap_skip_all("needs root to load BPF programs");
	alone = vec_bpf__open_and_load();
	if (tap_ok(alone, "the programs of the vectors load"))
		run_alone();
	model = model_new(SLOTS, SEED);
	if (tap_ok(!real_open(&real, &options), "the real programs load")) {
		run_doors();
		real_close(&real);
	}
	model_free(model);
	vec_bpf__destroy(alone);
	return tap_done();
}
