/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vectors of match fields, by BPF in the kernel: alone in a program of
 * their own, and through the real programs, as the conditions of the only
 * rule, for a packet of a flow that has come so far.
 */
#include <faultline/abi.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <vec.skel.h>
#pragma GCC diagnostic pop

#include "model/model.c"
#include "vectors/vec_match.h"

#include "real.h"

#define SLOTS 64
#define SEED 77

enum door { DOOR_XDP, DOOR_IN, DOOR_OUT, DOORS };

static struct vec_bpf *alone;
static struct real real;
static struct model *model;
static __u32 rule_id;
static enum door door;

static bool run_alone(struct vec_match *vec, const struct pkt *pkt)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = vec,
		    .ctx_size_in = sizeof(*vec));
	int fd = bpf_program__fd(alone->progs.vec_run_match);

	(void)pkt;
	return !bpf_prog_test_run_opts(fd, &options);
}

static __u32 side_of(enum door which)
{
	return which == DOOR_OUT ? FL_OUT : FL_IN;
}

static int run_door(const struct pkt *pkt)
{
	if (door == DOOR_XDP)
		return real_xdp(&real, pkt->data, pkt->length, NULL, 1);
	return real_tc(&real, pkt->data, pkt->length, side_of(door), 1, NULL,
		       1);
}

/* How many packets the rule @id has counted. */
static __u64 counted(__u32 id)
{
	struct fl_counters sum;

	real_counters(&real, id, side_of(door), &sum);
	return sum.packets;
}

/* The flow of @pkt, in an empty table, before its packet @number. */
static bool put_flow(const struct pkt *pkt, __u64 number)
{
	memset(real.flows, 0, SLOTS * sizeof(*real.flows));
	memset(real.more, 0, SLOTS * sizeof(*real.more));
	run_door(pkt);
	for (__u32 i = 0; i < SLOTS; i++) {
		if (!real.flows[i].tuple)
			continue;
		real_set_number(&real, i, side_of(door), number);
		return true;
	}
	return false;
}

static bool run_real(struct vec_match *vec, const struct pkt *pkt)
{
	__u64 matched, unmatched;

	real.actions[rule_id].conditions = vec->conditions;
	real.actions[rule_id].fast = FL_FAST_NONE;
	if (!put_flow(pkt, vec->number))
		return false;
	matched = counted(rule_id);
	unmatched = counted(FL_COUNT_UNMATCHED);
	run_door(pkt);
	matched = counted(rule_id) - matched;
	unmatched = counted(FL_COUNT_UNMATCHED) - unmatched;
	vec->got = (__u32)matched;
	return matched + unmatched == 1;
}

static void run_doors(void)
{
	static const char *const names[DOORS] = { "xdp", "tc in", "tc out" };
	struct fl_rule rule = model_rule("vector", FL_DIR_BOTH, FL_IMPAIR_LOSS,
					 0);

	if (!tap_ok(!model_load_rules(model, &rule, 1), "the rule compiles"))
		return;
	rule_id = model_rule_id(model, "vector");
	real_sync(&real, model);
	for (door = 0; door < DOORS; door++)
		vec_match_run(names[door], run_real);
}

int main(void)
{
	struct real_options options = { .slots = SLOTS, .seed = SEED };

	if (geteuid())
		return tap_skip_all("needs root to load BPF programs");
	alone = vec_bpf__open_and_load();
	if (tap_ok(alone, "the programs of the vectors load"))
		vec_match_run("bpf", run_alone);
	model = model_new(SLOTS, SEED);
	if (tap_ok(!real_open(&real, &options), "the real programs load")) {
		run_doors();
		real_close(&real);
	}
	model_free(model);
	vec_bpf__destroy(alone);
	return tap_done();
}
