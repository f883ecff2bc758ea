/* SPDX-License-Identifier: GPL-2.0-only */
/* check: long */
/*
 * Twice as many flows as the table was promised, half of them in use at a time:
 * on two CPUs, so that slots of another CPU change hands. Nearly all packets
 * find a slot, and all are counted.
 */
#include <pthread.h>

#include "lib/cpu.h"
#include "model/model.c"
#include "model/shoot.h"
#include "real.h"

#define SEED 6
#define CPUS 2
#define PROMISED 1024
#define SLOTS (PROMISED * FL_SLOTS_PER_FLOW)
#define FLOWS (PROMISED * 2)
#define TURN_MS 50 /* then the other half of the flows comes */
#define TURNS 60

struct cpu {
	pthread_t id;
	unsigned number;
	__u64 sent;
	__u32 random;
};

static struct real real;
static struct model *model;
static struct cpu cpus[CPUS];
static struct pkt packets[FLOWS];
static unsigned turn;
static int stop;

static __u32 random_of(struct cpu *cpu)
{
	cpu->random = cpu->random * 1664525 + 1013904223;
	return cpu->random >> 8;
}

/* Each CPU sends half of those whose turn it is; one in 64 is the other's. */
static __u32 pick(struct cpu *cpu)
{
	unsigned now = __atomic_load_n(&turn, __ATOMIC_RELAXED);
	__u32 flow = random_of(cpu) % (PROMISED / CPUS) * CPUS;
	__u32 whose = random_of(cpu) % 64 ? cpu->number : cpu->number + 1;

	return now % 2 * PROMISED + flow + whose % CPUS;
}

static void *sender(void *context)
{
	struct cpu *cpu = context;

	cpu_pin(cpu->number);
	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
		const struct pkt *pkt = &packets[pick(cpu)];

		real_tc(&real, pkt->data, pkt->length, FL_IN, NULL, NULL, 4);
		cpu->sent += 4;
	}
	return NULL;
}

/* Four ticks a millisecond. */
static void send_in_turns(void)
{
	for (unsigned i = 0; i < CPUS; i++) {
		cpus[i] = (struct cpu){ .number = i, .random = i + 1 };
		pthread_create(&cpus[i].id, NULL, sender, &cpus[i]);
	}
	for (unsigned ms = 0; ms < TURNS * TURN_MS; ms++) {
		model->clock.jiffies += 4;
		real_clock(&real, &model->clock);
		__atomic_store_n(&turn, ms / TURN_MS, __ATOMIC_RELAXED);
		usleep(1000);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < CPUS; i++)
		pthread_join(cpus[i].id, NULL);
}

static void check(void)
{
	struct fl_tally tally;
	__u64 sent = 0, counted = 0;

	for (unsigned i = 0; i < CPUS; i++)
		sent += cpus[i].sent;
	for (__u32 i = 0; i < SLOTS; i++)
		counted += real_counted(&real, i, FL_IN).packets;
	real_tally(&real, FL_IN, &tally);
	tap_is_u64(counted + tally.evicted_packets + tally.untracked_packets,
		   sent, "all of %llu packets are counted", sent);
	tap_ok(tally.evicted_flows > FLOWS, "flows were evicted: %llu",
	       tally.evicted_flows);
	tap_ok(tally.untracked_packets * 10000 <= sent,
	       "at most 1 in 10,000 has no slot: %llu",
	       tally.untracked_packets);
}

int main(void)
{
	struct real_options options = { .slots = SLOTS, .seed = SEED };
	struct fl_rule rule = model_rule("third", FL_DIR_IN, FL_IMPAIR_LOSS,
					 FL_P_ONE / 3);

	if (geteuid())
		return tap_skip_all("needs root to load BPF programs");
	if (sysconf(_SC_NPROCESSORS_ONLN) < CPUS)
		return tap_skip_all("needs two CPUs");
	for (__u32 i = 0; i < FLOWS; i++)
		shoot_build(&packets[i], i, FL_IN);
	model = model_new(SLOTS, SEED);
	if (tap_ok(!real_open(&real, &options), "the programs load")) {
		model_load_rules(model, &rule, 1);
		real_sync(&real, model);
		send_in_turns();
		check();
		real_close(&real);
	}
	model_free(model);
	return tap_done();
}
