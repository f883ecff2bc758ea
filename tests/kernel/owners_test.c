/* SPDX-License-Identifier: GPL-2.0-only */
/* check: long */
/*
 * Flows that change hands between CPUs while they count, in both directions:
 * each number is given to one packet only, so that the packets dropped are
 * those that one CPU alone would have dropped. A number that was given twice,
 * or to none, shows in the count of some flow's drops, because they are a pure
 * function of seed, flow and number. A chain's are so too, if its packets
 * come one after the other, on whichever CPU. OWNERS_SECONDS: how long (20).
 */
#include <pthread.h>

#include "lib/cpu.h"
#include "model/model.c"
#include "model/shoot.h"
#include "real.h"

#define SEED 5
#define CPUS 2
#define SLOTS 4096
#define FLOWS 200
#define SLEEPERS 2600 /* so many more flows that some are far from home */

struct cpu {
	pthread_t id;
	unsigned number;
	__u64 sent[FL_SIDES][FLOWS];
	__u32 random;
};

/* Which flow CPU @cpu sends next, and @side is the direction. */
typedef __u32 pick_function(struct cpu *cpu, __u32 side);

static struct real real;
static struct model *model;
static struct cpu cpus[CPUS];
static struct pkt packets[FL_SIDES][FLOWS];
static pick_function *pick;
static unsigned epoch; /* moves on while the CPUs send */
static int stop;
static bool chained; /* the rule is a chain, so that flows take turns */
static pthread_mutex_t turns[FL_SIDES][FLOWS];
static __u64 asleep_untracked[FL_SIDES]; /* of those that only took places */

static __u32 random_of(struct cpu *cpu)
{
	cpu->random = cpu->random * 1664525 + 1013904223;
	return cpu->random >> 8;
}

static __u32 own_flows(struct cpu *cpu, __u32 side)
{
	(void)side;
	return random_of(cpu) % (FLOWS / CPUS) * CPUS + cpu->number;
}

/* What the one CPU sends, the other gets the answers to. */
static __u32 crossed_flows(struct cpu *cpu, __u32 side)
{
	return random_of(cpu) % (FLOWS / CPUS) * CPUS +
	       (cpu->number + side) % CPUS;
}

static __u32 any_flow(struct cpu *cpu, __u32 side)
{
	(void)side;
	return random_of(cpu) % FLOWS;
}

static __u32 one_flow(struct cpu *cpu, __u32 side)
{
	(void)cpu;
	(void)side;
	return 7;
}

/* Those of one's own, until they become the other's. */
static __u32 migrating_flows(struct cpu *cpu, __u32 side)
{
	unsigned now = __atomic_load_n(&epoch, __ATOMIC_RELAXED);

	/* One direction after the other. */
	return random_of(cpu) % (FLOWS / CPUS) * CPUS +
	       (cpu->number + (now + side * 25) / 50) % CPUS;
}

static void *sender(void *context)
{
	struct cpu *cpu = context;

	cpu_pin(cpu->number);
	while (!__atomic_load_n(&stop, __ATOMIC_SEQ_CST)) {
		__u32 side = random_of(cpu) % FL_SIDES;
		__u32 flow = pick(cpu, side);
		const struct pkt *pkt = &packets[side][flow];
		int repeat = 1 + (int)(random_of(cpu) % 200);

		if (chained)
			pthread_mutex_lock(&turns[side][flow]);
		/* Both doors of the way in count for the same flows; a run of
		 * XDP ends with a grace period. */
		if (side == FL_OUT || random_of(cpu) % 512)
			real_tc(&real, pkt->data, pkt->length, side, NULL, NULL,
				repeat);
		else
			real_xdp(&real, pkt->data, pkt->length, NULL, repeat);
		if (chained)
			pthread_mutex_unlock(&turns[side][flow]);
		cpu->sent[side][flow] += (__u64)repeat;
	}
	return NULL;
}

static void send_for(unsigned milliseconds, pick_function *function)
{
	pick = function;
	stop = 0;
	for (unsigned i = 0; i < CPUS; i++)
		pthread_create(&cpus[i].id, NULL, sender, &cpus[i]);
	for (unsigned i = 0; i < milliseconds; i++) {
		/* Four ticks a millisecond: two seconds pass in half of one. */
		model->clock.jiffies += 4;
		real_clock(&real, &model->clock);
		__atomic_fetch_add(&epoch, 1, __ATOMIC_RELAXED);
		usleep(1000);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < CPUS; i++)
		pthread_join(cpus[i].id, NULL);
}

/* ---- what should have happened ------------------------------------------ */

/* Drops among the first @count packets of the flow. */
static __u64 drops_of(const struct fl_key *key, __u64 count)
{
	const struct model_rule *rule = model_find(model, "third");
	const struct fl_impair *impair = &model->details[rule->id].impairs[0];
	__u64 drops = 0, seed = model->actions[rule->handle].seed;
	__u32 state[FL_CHAIN_WORDS] = { 0 };

	for (__u64 number = 0; number < count; number++) {
		const struct fl_impair_in in = {
			.draw = fl_draw(seed, key_identity(key), number),
		};

		drops += fl_decide(impair, &in, state) != FL_REASON_PASSED;
	}
	return drops;
}

static int slot_of(const struct fl_key *key)
{
	for (__u32 i = 0; i < SLOTS; i++)
		if (fl_flow_plain(real.flows[i].tuple) == key->tuple &&
		    real.flows[i].w0 == key->w0)
			return (int)i;
	return -1;
}

struct verdict_sum {
	__u64 sent, counted;
	unsigned doubled, wrong_drops, owned, far;
};

static void judge(__u32 flow, __u32 side, struct verdict_sum *sum)
{
	struct fl_flow_side counted;
	struct fl_key key;
	__u64 sent = 0;
	int slot;

	for (unsigned i = 0; i < CPUS; i++)
		sent += cpus[i].sent[side][flow];
	model_key(packets[side][flow].data, packets[side][flow].length, side,
		  SEED, &key);
	slot = slot_of(&key);
	sum->sent += sent;
	if (slot < 0)
		return;
	counted = real_counted(&real, (__u32)slot, side);
	sum->counted += counted.packets;
	sum->doubled += counted.packets > sent;
	sum->wrong_drops += counted.dropped != drops_of(&key, counted.packets);
	sum->owned +=
		fl_flow_owner(real_part(&real, (__u32)slot, side)->tuple) != 0;
	sum->far += ((__u32)slot ^ (__u32)(key.hash >> 32 & (SLOTS - 1))) >=
		    FL_FLOW_NEAR;
}

static void check_side(const char *what, __u32 side)
{
	const char *way = side == FL_IN ? "in" : "out";
	struct verdict_sum sum = { 0 };
	struct fl_tally tally;

	for (__u32 flow = 0; flow < FLOWS; flow++)
		judge(flow, side, &sum);
	real_tally(&real, side, &tally);
	tally.untracked_packets -= asleep_untracked[side];
	tap_diag("%s, %s: %llu packets so far, %llu untracked, %u flows owned, "
		 "%u far from home",
		 what, way, sum.sent, tally.untracked_packets, sum.owned,
		 sum.far);
	/* An owner whose CPU is stopped while it counts keeps its flow. */
	tap_ok(tally.untracked_packets <= sum.sent / 10000,
	       "%s, %s: at most 1 in 10,000 untracked", what, way);
	tap_is_u64(sum.counted + tally.untracked_packets, sum.sent,
		   "%s, %s: each packet is in a flow or untracked", what, way);
	tap_is_u64(sum.doubled, 0, "%s, %s: no flow has too many", what, way);
	tap_is_u64(sum.wrong_drops, 0,
		   "%s, %s: the packets dropped are those of one CPU alone",
		   what, way);
}

static void check(const char *what)
{
	for (__u32 side = 0; side < FL_SIDES; side++)
		check_side(what, side);
}

/* ---- all of it ---------------------------------------------------------- */

/* Flows that sleep, and take the places near home of those to come. */
static void put_to_sleep(void)
{
	struct fl_tally tally;
	struct pkt pkt;

	for (__u32 i = 0; i < SLEEPERS; i++) {
		__u32 side = i % FL_SIDES;

		shoot_build(&pkt, FLOWS + i, side);
		real_tc(&real, pkt.data, pkt.length, side, NULL, NULL, 3);
	}
	model->clock.jiffies += 1000;
	real_clock(&real, &model->clock);
	for (__u32 side = 0; side < FL_SIDES; side++) {
		real_tally(&real, side, &tally);
		asleep_untracked[side] = tally.untracked_packets;
	}
}

/* As under PREEMPT_RT: no CPU has a name, so that none owns a flow. */
static void take_names(void)
{
	static struct fl_run none[REAL_CPUS_MAX];

	if (obj_map_write(bpf_map__fd(real.skeleton->maps.runs), 0, none))
		tap_ok(false, "the names are taken");
}

static void begin(struct fl_rule *rule)
{
	model_load_rules(model, rule, 1);
	real_sync(&real, model);
	put_to_sleep();
}

/* Whichever CPU it is that a packet of the flow comes to. */
static void a_chain(unsigned part)
{
	struct fl_rule rule = model_rule("third", FL_DIR_BOTH, FL_IMPAIR_LOSS,
					 FL_P_ONE / 3);

	rule.impairs[0].u.burst.burst_milli = 3000;
	fl_prepare_loss(&rule.impairs[0]);
	chained = true;
	begin(&rule);
	send_for(part, migrating_flows);
	check("a chain: flows migrate");
	send_for(part, any_flow);
	check("a chain: any flow on any CPU");
}

static void all_of_it(unsigned part)
{
	struct fl_rule rule = model_rule("third", FL_DIR_BOTH, FL_IMPAIR_LOSS,
					 FL_P_ONE / 3);

	begin(&rule);
	send_for(part, own_flows);
	check("each CPU its own flows");
	send_for(part, one_flow);
	check("both in one flow");
	send_for(part, crossed_flows);
	check("answers go to the other");
	send_for(3 * part, migrating_flows);
	check("flows migrate");
	send_for(2 * part, any_flow);
	check("any flow on any CPU");
	send_for(part, own_flows);
	check("each its own again");
	take_names();
	send_for(part, any_flow);
	check("nobody owns anything");
}

/* With tables and counts of its own. */
static void run(void (*function)(unsigned), unsigned part)
{
	struct real_options options = { .slots = SLOTS, .seed = SEED };

	for (unsigned i = 0; i < CPUS; i++)
		cpus[i] = (struct cpu){ .number = i, .random = i + 1 };
	model = model_new(SLOTS, SEED);
	if (tap_ok(!real_open(&real, &options), "the programs load")) {
		function(part);
		real_close(&real);
	}
	model_free(model);
}

int main(void)
{
	const char *seconds = getenv("OWNERS_SECONDS");
	unsigned part = (seconds ? (unsigned)atoi(seconds) : 20) * 1000 / 12;

	if (geteuid())
		return tap_skip_all("needs root to load BPF programs");
	if (sysconf(_SC_NPROCESSORS_ONLN) < CPUS)
		return tap_skip_all("needs two CPUs");
	for (__u32 i = 0; i < FLOWS; i++) {
		for (__u32 side = 0; side < FL_SIDES; side++) {
			shoot_build(&packets[side][i], i, side);
			pthread_mutex_init(&turns[side][i], NULL);
		}
	}
	run(all_of_it, part);
	run(a_chain, part);
	return tap_done();
}
