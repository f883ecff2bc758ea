/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Four CPUs and one flow table: whatever the threads do to each other, the
 * sums are exact, and so is each flow where there is room for all.
 */
#include <pthread.h>
#include <sched.h>

#include "model/model.c"
#include "model/rnd.h"
#include "model/shoot.h"
#include "lib/tap.h"

#define THREADS 4
#define PACKETS 400000 /* per thread */
#define FLOWS_MAX 4096

struct thread {
	pthread_t id;
	unsigned cpu;
	__u32 flows;
	__u64 sent[FL_SIDES], dropped[FL_SIDES];
	__u32 per_flow[FLOWS_MAX][FL_SIDES];
};

static struct model *model;
static struct thread threads[THREADS];
static struct pkt packets[FLOWS_MAX][FL_SIDES];
static int running;

static void *hammer(void *context)
{
	struct thread *me = context;
	struct rnd rnd = { 100 + me->cpu };

	model_enter(model, me->cpu);
	for (unsigned i = 0; i < PACKETS; i++) {
		__u32 flow = rnd_below(&rnd, me->flows);
		__u32 side = rnd_below(&rnd, FL_SIDES);
		__u64 fate;
		const struct pkt *pkt = &packets[flow][side];

		model_tc(model, pkt->data, pkt->length, side, NULL, &fate);
		me->sent[side]++;
		me->dropped[side] += fate == FL_REASON_DROPPED;
		me->per_flow[flow][side]++;
	}
	__atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* Time goes by and rules come and go while the others work. */
static void disturb(bool rules_too)
{
	struct fl_rule rules[2] = {
		model_rule("a", FL_DIR_BOTH, FL_IMPAIR_LOSS_NTH, 3),
		model_rule("b", FL_DIR_BOTH, FL_IMPAIR_LOSS, 1u << 30),
	};
	struct timespec wait = { .tv_nsec = 200000 };

	while (__atomic_load_n(&running, __ATOMIC_SEQ_CST)) {
		__atomic_fetch_add(&model->clock.jiffies, 1, __ATOMIC_RELAXED);
		/* Long enough that nobody still reads the half written. */
		nanosleep(&wait, NULL);
		if (rules_too && model->clock.jiffies % 64 == 0)
			model_load_rules(model, rules,
					 model->clock.jiffies / 64 % 3);
	}
}

static void run_all(__u32 flows, bool rules_too)
{
	memset(threads, 0, sizeof(threads));
	running = THREADS;
	for (unsigned i = 0; i < THREADS; i++) {
		threads[i].cpu = i;
		threads[i].flows = flows;
		pthread_create(&threads[i].id, NULL, hammer, &threads[i]);
	}
	disturb(rules_too);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(threads[i].id, NULL);
}

static void check_sums(const char *what)
{
	for (__u32 side = 0; side < FL_SIDES; side++) {
		struct shoot_sum sum = shoot_total(model, side);
		__u64 sent = 0, dropped = 0, counted = 0, reasons = 0;

		for (unsigned i = 0; i < THREADS; i++) {
			sent += threads[i].sent[side];
			dropped += threads[i].dropped[side];
		}
		for (__u32 id = 0; id < model->maps.sizes.ids; id++) {
			struct fl_counters c;

			model_counters(model, id, side, &c);
			counted += c.packets;
			for (int r = 0; r < FL_REASONS; r++)
				reasons += c.reason[r];
		}
		tap_is_u64(sum.packets, sent, "%s: packets, side %u", what,
			   side);
		tap_is_u64(sum.bytes, sent * SHOOT_BYTES, "%s: bytes, side %u",
			   what, side);
		tap_is_u64(sum.dropped, dropped, "%s: drops, side %u", what,
			   side);
		tap_ok(counted == sent && reasons == sent,
		       "%s: counters of rules, side %u", what, side);
	}
}

static void overflowing(void)
{
	struct fl_tally tally;

	model = model_new(64, 1);
	run_all(500, true);
	check_sums("500 flows in 64 slots");
	model_tally(model, FL_IN, &tally);
	tap_ok(tally.evicted_packets && tally.untracked_packets,
	       "%llu flows were evicted, %llu packets untracked",
	       tally.evicted_flows, tally.untracked_packets);
	model_free(model);
}

/* Packets by flow, whatever the number of entries it has. */
static void sum_flows(__u64 sums[FLOWS_MAX][FL_SIDES])
{
	memset(sums, 0, FLOWS_MAX * sizeof(*sums));
	for (__u32 i = 0; i <= model->slot_mask; i++) {
		__u32 remote = bpf_ntohl((__u32)model->flows[i].w0);

		if (!model->flows[i].tuple)
			continue;
		for (__u32 side = 0; side < FL_SIDES; side++)
			sums[remote - 0x0b000000][side] +=
				model_counted(model, i, side).packets;
	}
}

static void check_flows(__u32 side, __u64 sums[FLOWS_MAX][FL_SIDES])
{
	struct fl_tally tally;
	__u64 missing = 0;
	unsigned wrong = 0;

	for (__u32 i = 0; i < FLOWS_MAX; i++) {
		__u64 sent = 0;

		for (unsigned t = 0; t < THREADS; t++)
			sent += threads[t].per_flow[i][side];
		wrong += sums[i][side] > sent;
		missing += sent - sums[i][side];
	}
	tap_is_u64(wrong, 0, "no flow has more than its packets, side %u",
		   side);
	/* Only a thread that sleeps in the middle of a slot, as no program in
	 * the kernel can, makes another give up. */
	model_tally(model, side, &tally);
	tap_is_u64(missing, tally.untracked_packets,
		   "nor fewer, but for the untracked, side %u", side);
	tap_ok(!tally.evicted_packets && missing < 2000,
	       "none were evicted, side %u", side);
}

static void with_room(void)
{
	static __u64 sums[FLOWS_MAX][FL_SIDES];
	__u32 used;

	model = model_new(65536, 1);
	run_all(FLOWS_MAX, true);
	check_sums("4,096 flows in 65,536 slots");
	sum_flows(sums);
	for (__u32 side = 0; side < FL_SIDES; side++)
		check_flows(side, sums);
	used = shoot_used(model);
	tap_is_u64(used, FLOWS_MAX, "and no flow two entries");
	model_free(model);
}

static void *in_lockstep(void *context)
{
	struct thread *me = context;

	model_enter(model, me->cpu);
	__atomic_fetch_add(&running, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&running, __ATOMIC_SEQ_CST) < 2)
		;
	for (unsigned i = 0; i < FLOWS_MAX; i++)
		model_tc(model, packets[i][FL_IN].data,
			 packets[i][FL_IN].length, FL_IN, NULL, NULL);
	return NULL;
}

/* Two CPUs see the same new flows at the same time. */
static void new_flows(void)
{
	unsigned twice = 0;

	for (unsigned round = 0; round < 100; round++) {
		model = model_new(65536, round);
		running = 0;
		for (unsigned i = 0; i < 2; i++) {
			threads[i].cpu = i;
			pthread_create(&threads[i].id, NULL, in_lockstep,
				       &threads[i]);
		}
		for (unsigned i = 0; i < 2; i++)
			pthread_join(threads[i].id, NULL);
		twice += shoot_used(model) - FLOWS_MAX;
		model_free(model);
	}
	tap_is_u64(twice, 0, "new flows in lockstep: one entry each");
}

/* All threads in one flow: every third packet, whoever sends it. */
static void one_flow(void)
{
	struct fl_rule rule = model_rule("nth", FL_DIR_BOTH, FL_IMPAIR_LOSS_NTH,
					 3);

	model = model_new(64, 1);
	model_load_rules(model, &rule, 1);
	shoot(model, 0, FL_IN); /* classified before the crowd */
	run_all(1, false);
	for (__u32 side = 0; side < FL_SIDES; side++) {
		__u64 sent = side == FL_IN, dropped = 0, off;
		struct fl_tally tally;

		for (unsigned i = 0; i < THREADS; i++) {
			sent += threads[i].sent[side];
			dropped += threads[i].dropped[side];
		}
		/* An untracked one is not among the flow's packets. */
		model_tally(model, side, &tally);
		off = dropped > sent / 3 ? dropped - sent / 3 :
					   sent / 3 - dropped;
		tap_ok(off <= tally.untracked_packets && off < 50,
		       "one flow, four CPUs, nth 3: exact, side %u: %llu off, "
		       "%llu untracked",
		       side, off, tally.untracked_packets);
	}
	model_free(model);
}

int main(void)
{
	for (__u32 i = 0; i < FLOWS_MAX; i++)
		for (__u32 side = 0; side < FL_SIDES; side++)
			shoot_build(&packets[i][side], i, side);
	overflowing();
	with_room();
	new_flows();
	one_flow();
	return tap_done();
}
