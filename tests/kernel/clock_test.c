/* SPDX-License-Identifier: GPL-2.0-only */
/* The real programs by the kernel's own clock: leases, and the short way. */
#include <time.h>

#include "lib/cpu.h"
#include "model/model.c"
#include "model/shoot.h"
#include "real.h"

#define SLOTS 1024
#define SEED 4242

static struct real real;
static struct model *model;

static void load(const struct fl_rule *rule)
{
	if (model_load_rules(model, rule, 1))
		tap_ok(false, "the rule compiles");
	real_sync(&real, model);
}

/* Of the last of @repeat packets. */
static int xdp(__u32 flow, int repeat)
{
	struct pkt pkt;

	shoot_build(&pkt, flow, FL_IN);
	return real_xdp(&real, pkt.data, pkt.length, NULL, repeat);
}

/* What the short way has dropped by the rule in force. */
static __u64 short_drops(void)
{
	static struct fl_counters values[REAL_CPUS_MAX];
	__u32 index = model_rule_id(model, "rule") * FL_SIDES + FL_IN;
	__u64 sum = 0;

	if (bpf_map_lookup_elem(bpf_map__fd(real.skeleton->maps.counts), &index,
				values))
		return 0;
	for (int cpu = 0; cpu < real.cpus; cpu++)
		sum += values[cpu].fast_dropped;
	return sum;
}

/* The first packet of a tick looks at the time for the others, and on a busy
 * machine each run is in another tick: so there are many packets in each. */
static void goes_short(struct fl_rule *rule, const char *what)
{
	__u64 before;

	load(rule);
	before = short_drops();
	for (int i = 0; i < 20; i++)
		xdp(1, 100);
	tap_ok(short_drops() - before > 1000, "%s: the short way is taken",
	       what);
}

/* By the kernel's clock, which the programs read no more than once a tick. */
static void real_time(void)
{
	struct fl_rule rule = model_rule("rule", FL_DIR_BOTH,
					 FL_IMPAIR_BLACKHOLE, 0);
	struct timespec now;

	goes_short(&rule, "without a lease");
	clock_gettime(CLOCK_BOOTTIME, &now);
	rule.expiry_ns = ((__u64)now.tv_sec + 1000) * 1000000000;
	goes_short(&rule, "with a lease");
	clock_gettime(CLOCK_BOOTTIME, &now);
	rule.expiry_ns = (__u64)now.tv_sec * 1000000000 + (__u64)now.tv_nsec +
			 300000000;
	load(&rule);
	tap_is_u64((__u64)xdp(1, 1), MODEL_XDP_DROP, "a lease of 300 ms runs");
	usleep(330000);
	tap_is_u64((__u64)xdp(1, 1), MODEL_XDP_PASS, "and ends, within a tick");
}

int main(void)
{
	struct real_options options = { .slots = SLOTS,
					.seed = SEED,
					.own_clock = true };

	if (geteuid())
		return tap_skip_all("needs root to load BPF programs");
	/* Flows that come to several CPUs have no owner. */
	cpu_pin(0);
	model = model_new(SLOTS, SEED);
	if (tap_ok(!real_open(&real, &options), "loads with its own clock")) {
		real_time();
		real_close(&real);
	}
	model_free(model);
	return tap_done();
}
