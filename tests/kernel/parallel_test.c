/* SPDX-License-Identifier: GPL-2.0-only */
/* check: long */
/*
 * The real programs on two CPUs at once: every packet's verdict is that of
 * one generation, and no count is lost.
 */
#include <pthread.h>

#include "lib/cpu.h"
#include "model/model.c"
#include "model/shoot.h"
#include "real.h"

#define SEED 1
#define CPUS 2
#define SWITCHES 400
#define FLOWS 300

struct cpu {
	pthread_t id;
	unsigned number;
	__u64 sent[FL_SIDES];
	__u64 wrong;
};

static struct real real;
static struct model *model;
static struct cpu cpus[CPUS];
static struct pkt packets[FLOWS][FL_SIDES];
static int stop;

static bool stopping(void)
{
	return __atomic_load_n(&stop, __ATOMIC_SEQ_CST);
}

static void start(void *(*work)(void *))
{
	memset(cpus, 0, sizeof(cpus));
	__atomic_store_n(&stop, 0, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < CPUS; i++) {
		cpus[i].number = i;
		pthread_create(&cpus[i].id, NULL, work, &cpus[i]);
	}
}

static void finish(void)
{
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < CPUS; i++)
		pthread_join(cpus[i].id, NULL);
}

static int run(struct cpu *cpu, __u32 flow, __u32 side, int repeat)
{
	const struct pkt *pkt = &packets[flow][side];

	cpu->sent[side] += (__u64)repeat;
	if (side == FL_IN)
		return real_xdp(&real, pkt->data, pkt->length, NULL, repeat);
	return real_tc(&real, pkt->data, pkt->length, side, NULL, NULL, repeat);
}

/* ---- generations ----------------------------------------- */

static void *sender(void *context)
{
	struct cpu *cpu = context;

	cpu_pin(cpu->number);
	while (!stopping())
		for (__u32 flow = 0; flow < 4; flow++) {
			int verdict = run(cpu, flow, FL_IN, 2000);

			cpu->wrong += verdict != MODEL_XDP_PASS &&
				      verdict != MODEL_XDP_DROP;
		}
	return NULL;
}

/* Each packet of another flow: each reads the rules that have just come. */
static void *walker(void *context)
{
	struct cpu *cpu = context;

	cpu_pin(cpu->number);
	while (!stopping())
		for (__u32 flow = 0; flow < FLOWS; flow++)
			run(cpu, flow, FL_OUT, 1);
	return NULL;
}

/*
 * Two rules that between them drop everything in either generation, or pass
 * everything; a packet that saw half of each would be counted under neither.
 */
static void pair(bool drop, __u32 directions, struct fl_rule rules[2])
{
	enum fl_impair_kind kind = drop ? FL_IMPAIR_BLACKHOLE : FL_IMPAIR_LOSS;

	rules[0] = model_rule(drop ? "drop even" : "pass even", directions,
			      kind, 0);
	rules[1] = model_rule(drop ? "drop rest" : "pass rest", directions,
			      kind, 0);
	rules[0].match.present = 1u << FL_FIELD_REMOTE;
	rules[0].match.remote.family = 4;
	rules[0].match.remote.length = 31;
	pkt_address4(rules[0].match.remote.address_be, 0x0b000000);
}

/* Sums over every id; a slot of the actions is never used twice here. */
static void sum_counters(__u32 side, struct fl_counters *sum)
{
	struct fl_counters one;

	memset(sum, 0, sizeof(*sum));
	for (__u32 id = 0; id < FL_ID_FIRST + MODEL_RULES; id++) {
		real_counters(&real, id, side, &one);
		model_add_counters(sum, &one);
	}
}

static void switch_generations(__u32 side, void *(*work)(void *))
{
	struct fl_counters one, sum;
	__u64 sent = 0, wrong = 0, mixed = 0, drops = 0;
	const __u32 direction = side == FL_IN ? FL_DIR_IN : FL_DIR_OUT;
	struct fl_rule rules[2];
	bool drop_id[FL_ID_FIRST + MODEL_RULES] = { false };

	pair(true, direction, rules);
	model_load_rules(model, rules, 2);
	real_sync(&real, model);
	start(work);
	for (unsigned i = 0; i < SWITCHES; i++) {
		for (size_t r = 0; r < 2; r++)
			drop_id[model->rules[r].id] = !(i & 1);
		pair(i & 1, direction, rules);
		model_load_rules(model, rules, 2);
		if (obj_wait_walks(bpf_map__fd(real.skeleton->maps.runs)))
			tap_ok(false, "waits for those who read the rules");
		real_sync(&real, model);
		usleep(side == FL_IN ? 500 : 0);
	}
	finish();
	for (size_t r = 0; r < 2; r++)
		drop_id[model->rules[r].id] = true;
	for (unsigned i = 0; i < CPUS; i++) {
		sent += cpus[i].sent[side];
		wrong += cpus[i].wrong;
	}
	for (__u32 id = 0; id < FL_ID_FIRST + MODEL_RULES; id++) {
		real_counters(&real, id, side, &one);
		mixed += drop_id[id] ? one.reason[FL_REASON_PASSED] :
				       one.reason[FL_REASON_DROPPED];
		drops += one.reason[FL_REASON_DROPPED];
	}
	sum_counters(side, &sum);
	real_counters(&real, FL_ID_UNMATCHED, side, &one);
	tap_is_u64(wrong, 0,
		   "side %u: %llu packets over %u switches: pass or drop", side,
		   sent, SWITCHES);
	tap_is_u64(one.packets, 0, "none between two generations");
	tap_is_u64(mixed, 0, "each decided by the rule it is counted under");
	tap_is_u64(sum.packets, sent, "each counted once");
	tap_ok(drops > sent / 20 && drops < sent - sent / 20,
	       "both generations had their share: %llu dropped", drops);
}

/* A CPU that is stopped in the middle of reading: nobody waits for ever. */
static void stopped_walk(void)
{
	struct fl_run runs[REAL_CPUS_MAX] = { 0 };
	int fd = bpf_map__fd(real.skeleton->maps.runs);
	int err = obj_map_read(fd, 0, runs);

	runs[1].walks |= 1;
	if (!err)
		err = obj_map_write(fd, 0, runs);
	tap_ok(!err && !obj_wait_walks(fd), "a grace period ends the wait");
}

/* ---- conservation ----------------------------------------- */

/* Half of it to one flow, where the CPUs meet. */
static void *hammer(void *context)
{
	struct cpu *cpu = context;
	__u32 at = cpu->number;

	cpu_pin(cpu->number);
	while (!stopping()) {
		__u32 side, flow;

		at = at * 1664525 + 1013904223;
		side = at >> 31;
		flow = at >> 30 & 1 ? 0 : (at >> 8) % FLOWS;
		/* To repeat XDP costs the kernel a grace period. */
		run(cpu, flow, side, side == FL_IN ? 1 : 100);
	}
	return NULL;
}

static void check_side(__u32 side)
{
	struct fl_tally tally;
	struct fl_counters sum;
	__u64 sent = 0, reasons = 0, flows = 0, dropped = 0;

	for (unsigned i = 0; i < CPUS; i++)
		sent += cpus[i].sent[side];
	sum_counters(side, &sum);
	for (int r = 0; r < FL_REASONS; r++)
		reasons += sum.reason[r];
	real_tally(&real, side, &tally);
	for (__u32 i = 0; i < real.slots; i++) {
		flows += real_counted(&real, i, side).packets;
		dropped += real_counted(&real, i, side).dropped;
	}
	tap_is_u64(sum.packets, sent, "side %u: packets counted are those sent",
		   side);
	tap_is_u64(reasons, sent, "side %u: and so are their reasons", side);
	tap_is_u64(flows + tally.evicted_packets + tally.untracked_packets,
		   sent, "side %u: flows + evicted + untracked too", side);
	tap_is_u64(dropped + tally.evicted_dropped + tally.untracked_dropped,
		   sum.packets - sum.reason[FL_REASON_PASSED],
		   "side %u: and the drops", side);
	tap_ok(tally.evicted_packets,
	       "side %u: of %llu packets %llu were "
	       "evicted, %llu untracked",
	       side, sent, tally.evicted_packets, tally.untracked_packets);
}

static void conserve(void)
{
	struct fl_rule rule = model_rule("third", FL_DIR_BOTH, FL_IMPAIR_LOSS,
					 FL_P_ONE / 3);

	model_load_rules(model, &rule, 1);
	real_sync(&real, model);
	start(hammer);
	for (unsigned i = 0; i < 3000; i++) {
		model->clock.jiffies++;
		real_clock(&real, &model->clock);
		usleep(500);
	}
	finish();
	for (__u32 side = 0; side < FL_SIDES; side++)
		check_side(side);
}

static int open_real(__u32 slots)
{
	struct real_options options = { .slots = slots, .seed = SEED };

	model = model_new(slots, SEED);
	return real_open(&real, &options);
}

int main(void)
{
	if (geteuid())
		return tap_skip_all("needs root to load BPF programs");
	if (sysconf(_SC_NPROCESSORS_ONLN) < CPUS)
		return tap_skip_all("needs two CPUs");
	for (__u32 i = 0; i < FLOWS; i++)
		for (__u32 side = 0; side < FL_SIDES; side++)
			shoot_build(&packets[i][side], i, side);
	if (!tap_ok(!open_real(1024), "the programs load"))
		return tap_done();
	switch_generations(FL_IN, sender);
	real_close(&real);
	model_free(model);
	if (tap_ok(!open_real(1024), "and once more"))
		switch_generations(FL_OUT, walker);
	stopped_walk();
	real_close(&real);
	model_free(model);
	if (tap_ok(!open_real(FL_FLOW_WAYS * 2), "and with a small table"))
		conserve();
	real_close(&real);
	model_free(model);
	return tap_done();
}
