/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vectors, by BPF in the kernel: alone in a program of their own, and
 * through the real programs, where the flow's number and the rule's seed are
 * set so that the packet has the vector's number and draw.
 */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <vec.skel.h>
#pragma GCC diagnostic pop

#include "../model/model.c"
#include "../model/shoot.h"
#include "../vectors/vec_read.h"
#include "real.h"

#define SLOTS 64
#define SEED 77

enum door { DOOR_XDP, DOOR_IN, DOOR_OUT };

static struct vec_bpf *alone;
static struct real real;
static struct model *model;
static enum door door;
static struct pkt pkt;
static __u64 hash;

static bool run_alone(struct vec *vec)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = vec,
		    .ctx_size_in = sizeof(*vec));

	return !bpf_prog_test_run_opts(bpf_program__fd(alone->progs.vec_run),
				       &options);
}

/* ---- fl_draw() backwards: the seed that gives a draw
 * ----------------------------------------- */

static __u64 unshift(__u64 z, unsigned bits)
{
	__u64 out = z;

	for (unsigned done = bits; done < 64; done += bits)
		out = z ^ out >> bits;
	return out;
}

/* Of an odd number, modulo 2^64, by Newton's iteration. */
static __u64 inverse(__u64 odd)
{
	__u64 x = odd;

	for (int i = 0; i < 6; i++)
		x *= 2 - odd * x;
	return x;
}

static __u64 seed_for(__u64 draw, __u64 number)
{
	__u64 z = unshift(draw, 31) * inverse(0x94d049bb133111ebULL);

	z = unshift(z, 27) * inverse(0xbf58476d1ce4e5b9ULL);
	return (unshift(z, 30) - (number + 1) * 0x9e3779b97f4a7c15ULL) ^ hash;
}

/* ---- the real programs ----------------------------------------- */

static __u32 side_of(enum door which)
{
	return which == DOOR_OUT ? FL_OUT : FL_IN;
}

static __u64 reason_of(int verdict)
{
	if (door == DOOR_XDP)
		return verdict == MODEL_XDP_PASS ? FL_REASON_PASSED :
						   FL_REASON_DROPPED;
	if (verdict == MODEL_TC_PASS)
		return FL_REASON_PASSED;
	if (door == DOOR_IN) /* one verdict for both */
		return FL_REASON_DROPPED;
	return verdict == MODEL_TC_STOLEN ? FL_REASON_DROPPED :
	       verdict == MODEL_TC_SHOT	  ? FL_REASON_FAILED :
					    FL_REASONS;
}

static int run_door(void *out)
{
	if (door == DOOR_XDP)
		return real_xdp(&real, pkt.data, pkt.length, out, 1);
	return real_tc(&real, pkt.data, pkt.length, side_of(door), 1, out, 1);
}

/* The flow as the first packet found it, with the numbers of this one. */
static struct fl_flow_side *find_counts(void)
{
	struct fl_flow_side *found = NULL;

	for (__u32 i = 0; i < SLOTS; i++)
		if (real.flows[i].tuple)
			found = real_side(&real, i, side_of(door));
	return found;
}

static bool run_real(struct vec *vec)
{
	struct fl_action *action = &real.actions[0];
	struct fl_flow_side *counts = find_counts();
	struct fl_counters before, after;
	static __u8 out[PKT_MAX];

	if (!counts)
		return false;
	action->impairs[0] = vec->impair;
	action->impairs[0].wrap_at = 0;
	action->wrap_at = 0;
	action->seed = seed_for(vec->draw, vec->number);
	counts->packets = vec->number;
	counts->state[0] = (__u32)vec->number;
	real_counters(&real, 0, side_of(door), &before);
	vec->got = reason_of(run_door(out));
	real_counters(&real, 0, side_of(door), &after);
	if (memcmp(out, pkt.data, pkt.length))
		tap_ok(false, "the packet is untouched");
	if (after.packets - before.packets != 1 ||
	    after.reason[vec->want] - before.reason[vec->want] != 1 ||
	    after.bytes - before.bytes != pkt.length ||
	    after.segments - before.segments != 1)
		return false;
	/* On the way in there is nobody to tell. */
	if (door != DOOR_OUT && vec->want == FL_REASON_FAILED)
		vec->want = FL_REASON_DROPPED;
	return true;
}

/* One rule that matches everything, with a number per flow; the vectors put
 * their impairment into its action. */
static void prepare(enum door which)
{
	struct fl_rule rule =
		model_rule("vector", FL_DIR_BOTH, FL_IMPAIR_LOSS_NTH, 2);
	struct fl_frame frame = { .vlan = FL_VLAN_NONE };
	struct fl_parsed packet;
	struct fl_key key = { 0 };

	door = which;
	model_load_rules(model, &rule, 1);
	memset(real.flows, 0, SLOTS * sizeof(*real.flows));
	memset(real.more, 0, SLOTS * sizeof(*real.more));
	real_sync(&real, model);
	shoot_build(&pkt, 1, side_of(door));
	frame.data = pkt.data;
	frame.end = pkt.data + pkt.length;
	parse_frame(&frame, &packet);
	key_make(&packet, side_of(door), SEED, &key);
	hash = key.identity;
	run_door(NULL);
}

static void run_doors(void)
{
	static const char *const names[] = { "xdp", "tc in", "tc out" };

	for (enum door which = DOOR_XDP; which <= DOOR_OUT; which++) {
		model->next_id = 0;
		prepare(which);
		vec_run(names[which], run_real, false);
	}
}

int main(void)
{
	struct real_options options = { .slots = SLOTS, .seed = SEED };

	if (geteuid())
		return tap_skip_all("needs root to load BPF programs");
	alone = vec_bpf__open_and_load();
	if (tap_ok(alone, "the program of the vectors loads"))
		vec_run("bpf", run_alone, true);
	model = model_new(SLOTS, SEED);
	if (tap_ok(!real_open(&real, &options), "the real programs load")) {
		run_doors();
		real_close(&real);
	}
	model_free(model);
	vec_bpf__destroy(alone);
	return tap_done();
}
