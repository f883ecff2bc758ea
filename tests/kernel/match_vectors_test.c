/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vectors of match fields, by BPF in the kernel: alone in a program of
 * their own, and through the real programs, as the conditions of the only
 * rule, for a packet of a flow that has come so far.
 */
#include "doors.h"

#include "vectors/vec_match.h"

static const struct model_rule *rule_in_force;

static bool run_alone(struct vec_match *vec, const struct pkt *pkt)
{
	(void)pkt;
	return alone_run(alone->progs.vec_run_match, vec, sizeof(*vec));
}

/* What the rule @id has counted. */
static struct fl_counters counted(__u32 id)
{
	struct fl_counters sum;

	real_counters(&real, id, door_side(), &sum);
	return sum;
}

/* The flow of @pkt, in an empty table, before its packet @number. */
static bool put_flow(const struct pkt *pkt, __u64 number)
{
	doors_forget_flows();
	doors_run(pkt, NULL);
	return door_flow(number);
}

static bool run_real(struct vec_match *vec, const struct pkt *pkt)
{
	const struct model_gso gso = { vec->wire.size, vec->wire.count };
	struct fl_counters before, after;
	__u64 unmatched;

	/* XDP sees no aggregates. */
	if (gso.size && door == DOOR_XDP) {
		vec->got = vec->want;
		return true;
	}
	real.details[rule_in_force->id].conditions = vec->conditions;
	real.actions[rule_in_force->handle].flags |= FL_ACT_CONDITIONS;
	real.actions[rule_in_force->handle].fast = FL_FAST_NONE;
	if (!put_flow(pkt, vec->number))
		return false;
	before = counted(rule_in_force->id);
	unmatched = counted(FL_ID_UNMATCHED).packets;
	doors_run_gso(pkt, gso.size ? &gso : NULL, NULL);
	after = counted(rule_in_force->id);
	unmatched = counted(FL_ID_UNMATCHED).packets - unmatched;
	vec->got = (after.packets != before.packets ? FL_MEETS : 0) |
		   (after.mixed != before.mixed ? FL_MIXED : 0);
	return after.packets - before.packets + unmatched == 1;
}

static void run_doors(void)
{
	struct fl_rule rule = model_rule("vector", FL_DIR_BOTH, FL_IMPAIR_LOSS,
					 0);

	if (!tap_ok(!model_load_rules(model, &rule, 1), "the rule compiles"))
		return;
	rule_in_force = model_find(model, "vector");
	real_sync(&real, model);
	for (door = 0; door < DOORS; door++)
		vec_match_run(door_names[door], run_real);
}

static void run_bpf(void)
{
	vec_match_run("bpf", run_alone);
}

int main(void)
{
	return doors_main(run_bpf, run_doors);
}
