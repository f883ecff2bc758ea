/* SPDX-License-Identifier: GPL-2.0-only */
/* The real programs: verdicts, leases, counters, rates. */
#include <math.h>

#include "model/model.c"
#include "model/shoot.h"
#include "real.h"

#define SLOTS 1024
#define SEED 4242

static struct real real;
static struct model *model;

static void fresh(void)
{
	memset(real.flows, 0, SLOTS * sizeof(*real.flows));
	memset(real.flows_out, 0, SLOTS * sizeof(*real.flows_out));
	memset(real.more, 0, SLOTS * sizeof(*real.more));
}

static void load(const struct fl_rule *rules, size_t count)
{
	if (model_load_rules(model, rules, count))
		tap_ok(false, "rules compile");
	fresh();
	real_sync(&real, model);
}

static void load_kind(enum fl_impair_kind kind, __u32 parameter)
{
	struct fl_rule rule = model_rule("rule", FL_DIR_BOTH, kind, parameter);

	load(&rule, 1);
}

static int xdp(__u32 flow)
{
	struct pkt pkt;

	shoot_build(&pkt, flow, FL_IN);
	return real_xdp(&real, pkt.data, pkt.length, NULL, 1);
}

static int tc(__u32 flow, __u32 side)
{
	struct pkt pkt;

	shoot_build(&pkt, flow, side);
	return real_tc(&real, pkt.data, pkt.length, side, NULL, NULL, 1);
}

static struct fl_counters counters(__u32 id, __u32 side)
{
	struct fl_counters sum;

	real_counters(&real, id, side, &sum);
	return sum;
}

static __u32 rule_id(void)
{
	return model_rule_id(model, "rule");
}

/* ---- verdicts ----------------------------------------- */

static void verdicts(const char *how, int lose_out)
{
	load(NULL, 0);
	tap_is_u64((__u64)xdp(1), MODEL_XDP_PASS, "%s: xdp passes", how);
	tap_is_u64((__u64)tc(1, FL_IN), (__u64)MODEL_TC_PASS,
		   "%s: tc in leaves it to the next", how);
	tap_is_u64((__u64)tc(1, FL_OUT), (__u64)MODEL_TC_PASS,
		   "%s: tc out leaves it to the next", how);
	load_kind(FL_IMPAIR_BLACKHOLE, 0);
	tap_is_u64((__u64)xdp(1), MODEL_XDP_DROP, "%s: xdp drops", how);
	tap_is_u64((__u64)tc(1, FL_IN), MODEL_TC_SHOT, "%s: tc in shoots", how);
	tap_is_u64((__u64)tc(1, FL_OUT), (__u64)lose_out,
		   "%s: tc out loses as a wire does", how);
	load_kind(FL_IMPAIR_FAIL, 0);
	tap_is_u64((__u64)tc(1, FL_OUT), MODEL_TC_SHOT,
		   "%s: fail tells the sender", how);
	load_kind(FL_IMPAIR_LOSS, 0);
	tap_is_u64((__u64)tc(1, FL_OUT), (__u64)MODEL_TC_PASS,
		   "%s: loss 0%% passes", how);
}

static void directions(void)
{
	struct fl_rule rule = model_rule("rule", FL_DIR_OUT,
					 FL_IMPAIR_BLACKHOLE, 0);

	load(&rule, 1);
	tap_ok(xdp(1) == MODEL_XDP_PASS && tc(1, FL_IN) == MODEL_TC_PASS &&
		       tc(1, FL_OUT) == MODEL_TC_STOLEN,
	       "a rule for out only");
	rule.directions = FL_DIR_IN;
	load(&rule, 1);
	tap_ok(xdp(1) == MODEL_XDP_DROP && tc(1, FL_IN) == MODEL_TC_SHOT &&
		       tc(1, FL_OUT) == MODEL_TC_PASS,
	       "a rule for in only");
}

static void leases(void)
{
	struct fl_rule rules[] = {
		model_rule("rule", FL_DIR_BOTH, FL_IMPAIR_BLACKHOLE, 0),
		model_rule("next", FL_DIR_BOTH, FL_IMPAIR_LOSS_NTH, 2),
	};

	rules[0].expiry_ns = model->clock.boot_ns + 1000;
	load(rules, 2);
	tap_ok(xdp(1) == MODEL_XDP_DROP && xdp(1) == MODEL_XDP_DROP,
	       "the lease runs");
	model->clock.boot_ns += 999;
	real_clock(&real, &model->clock);
	tap_is_u64((__u64)xdp(1), MODEL_XDP_DROP, "to its last nanosecond");
	model->clock.boot_ns++;
	real_clock(&real, &model->clock);
	xdp(1);
	tap_ok(xdp(1) != xdp(1) && xdp(2) == MODEL_XDP_PASS &&
		       xdp(2) == MODEL_XDP_DROP,
	       "then the next rule takes over, for old and new flows");
	tap_is_u64(counters(rule_id(), FL_IN).packets, 3,
		   "the rule counted while it ran");
	rules[0].expiry_ns = model->clock.boot_ns;
	load(rules, 1);
	tap_is_u64((__u64)xdp(1), MODEL_XDP_PASS,
		   "a rule that is over when it comes does nothing");
}

static void dry_run(void)
{
	struct fl_rule rule = model_rule("rule", FL_DIR_BOTH,
					 FL_IMPAIR_BLACKHOLE, 0);
	struct fl_counters before, after;

	rule.flags = FL_RULE_DRY_RUN;
	load(&rule, 1);
	before = counters(rule_id(), FL_IN);
	tap_is_u64((__u64)xdp(1), MODEL_XDP_PASS, "dry-run passes");
	after = counters(rule_id(), FL_IN);
	tap_ok(after.would_drop - before.would_drop == 1 &&
		       after.reason[FL_REASON_PASSED] -
				       before.reason[FL_REASON_PASSED] ==
			       1 &&
		       after.reason[FL_REASON_DROPPED] ==
			       before.reason[FL_REASON_DROPPED],
	       "and counts what it would have done");
}

/* ---- what is left alone ----------------------------------------- */

static int sample(const char *name, __u32 id, __u64 *counted)
{
	struct pkt pkt;
	int verdict;

	for (unsigned i = 0; pkt_sample(i); i++)
		if (!strcmp(pkt_sample_name(i), name))
			pkt_build(&pkt, pkt_sample(i));
	*counted = counters(id, FL_IN).packets;
	verdict = real_xdp(&real, pkt.data, pkt.length, NULL, 1);
	*counted = counters(id, FL_IN).packets - *counted;
	return verdict;
}

static void left_alone(void)
{
	static const struct {
		const char *name;
		__u32 id;
	} cases[] = {
		{ "arp", FL_ID_EXEMPT },
		{ "arp vlan", FL_ID_EXEMPT },
		{ "v6 neighbour solicitation", FL_ID_EXEMPT },
		{ "lldp", FL_ID_UNPARSED },
		{ "v4 three tags", FL_ID_UNPARSED },
	};
	__u64 counted;

	load_kind(FL_IMPAIR_BLACKHOLE, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		tap_ok(sample(cases[i].name, cases[i].id, &counted) ==
				       MODEL_XDP_PASS &&
			       counted == 1,
		       "%s passes a blackhole and is counted %s", cases[i].name,
		       cases[i].id == FL_ID_EXEMPT ? "exempt" : "unparsed");
}

static void fragments(void)
{
	struct fl_rule rule = model_rule("rule", FL_DIR_BOTH,
					 FL_IMPAIR_BLACKHOLE, 0);
	struct fl_tally before, after;
	__u64 counted;

	rule.match.present = 1u << FL_FIELD_DPORT;
	rule.match.dport = (struct fl_ports){ 0, 65535 };
	load(&rule, 1);
	real_tally(&real, FL_IN, &before);
	tap_is_u64((__u64)sample("v4 first fragment", rule_id(), &counted),
		   MODEL_XDP_DROP, "the first fragment has ports");
	tap_is_u64((__u64)sample("v4 last fragment", rule_id(), &counted),
		   MODEL_XDP_PASS, "a later one has not");
	sample("v6 later fragment", rule_id(), &counted);
	real_tally(&real, FL_IN, &after);
	tap_is_u64(after.fragments - before.fragments, 2,
		   "and later ones are counted");
}

/* ---- counters ----------------------------------------- */

static void segments(void)
{
	const struct model_gso seven = { .size = 3, .segs = 7 };
	struct fl_counters before, after;
	struct pkt pkt;

	load_kind(FL_IMPAIR_LOSS, 0);
	shoot_build(&pkt, 1, FL_OUT);
	before = counters(rule_id(), FL_OUT);
	real_tc(&real, pkt.data, pkt.length, FL_OUT, &seven, NULL, 1);
	real_tc(&real, pkt.data, pkt.length, FL_OUT, NULL, NULL, 1);
	after = counters(rule_id(), FL_OUT);
	tap_ok(after.segments - before.segments == 8 &&
		       after.packets - before.packets == 2 &&
		       after.bytes - before.bytes == 2 * SHOOT_BYTES,
	       "a buffer of 7 segments and one of 1 are 8 wire packets");
}

static void both_directions(void)
{
	int slot = -1;

	load_kind(FL_IMPAIR_LOSS_FIRST, 2);
	for (int i = 0; i < 3; i++)
		xdp(9);
	for (int i = 0; i < 4; i++)
		tc(9, FL_OUT);
	for (__u32 i = 0; i < SLOTS; i++)
		if (real.flows[i].tuple)
			slot = slot < 0 ? (int)i : -2;
	if (!tap_ok(slot >= 0, "both directions: one flow"))
		return;
	for (__u32 side = 0; side < FL_SIDES; side++) {
		struct fl_flow_side f = real_counted(&real, (__u32)slot, side);

		tap_ok(f.packets == 3 + side && f.dropped == 2 &&
			       f.bytes == f.packets * SHOOT_BYTES,
		       "its packets, bytes and drops, side %u", side);
	}
}

/* ---- effects ----------------------------------------- */

static __u64 effects_done(const struct fl_counters *counters)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < FL_EFFECTS; i++)
		if (i != FL_EFFECT_SKIPPED)
			sum += counters->effect[i];
	return sum;
}

/* Without the program that carries effects out, none is done or claimed. */
static void skips(enum fl_impair_kind kind, int verdict, enum fl_reason reason)
{
	struct fl_rule rule = model_rule("rule", FL_DIR_BOTH, kind, 0);
	struct fl_counters before, after;

	if (kind == FL_IMPAIR_DUPLICATE)
		rule.impairs[0].u.duplicate.probability_u32 = FL_P_ONE;
	if (kind == FL_IMPAIR_CORRUPT)
		rule.impairs[0].u.corrupt.probability_u32 = FL_P_ONE;
	load(&rule, 1);
	before = counters(rule_id(), FL_OUT);
	tap_is_u64((__u64)tc(1, FL_OUT), (__u64)verdict,
		   "kind %u without its program: the verdict", kind);
	after = counters(rule_id(), FL_OUT);
	tap_ok(after.packets - before.packets == 1 &&
		       after.reason[reason] - before.reason[reason] == 1 &&
		       after.reason[FL_REASON_HELD] ==
			       before.reason[FL_REASON_HELD] &&
		       after.effect[FL_EFFECT_SKIPPED] -
				       before.effect[FL_EFFECT_SKIPPED] ==
			       1 &&
		       effects_done(&after) == effects_done(&before),
	       "kind %u: counted as skipped", kind);
}

static void without_tails(void)
{
	__u32 effect = FL_TAIL_EFFECT;

	if (!tap_ok(!bpf_map_delete_elem(bpf_map__fd(real.skeleton->maps.tails),
					 &effect),
		    "the program for effects is taken out"))
		return;
	skips(FL_IMPAIR_DUPLICATE, MODEL_TC_PASS, FL_REASON_PASSED);
	skips(FL_IMPAIR_CORRUPT, MODEL_TC_PASS, FL_REASON_PASSED);
	skips(FL_IMPAIR_MANGLE_TTL, MODEL_TC_PASS, FL_REASON_PASSED);
	skips(FL_IMPAIR_DELAY, MODEL_TC_PASS, FL_REASON_PASSED);
	skips(FL_IMPAIR_REJECT, MODEL_TC_STOLEN, FL_REASON_REJECTED);
	tap_ok(!real_tails(&real), "and put back");
}

/* ---- rates ----------------------------------------- */

/* How many of so many packets of one flow are dropped. */
static __u64 lost_of(int packets)
{
	struct fl_counters before, after;
	struct pkt pkt;

	shoot_build(&pkt, 5, FL_IN);
	before = counters(rule_id(), FL_IN);
	real_xdp(&real, pkt.data, pkt.length, NULL, packets);
	after = counters(rule_id(), FL_IN);
	if (after.packets - before.packets != (__u64)packets)
		tap_ok(false, "every packet is counted");
	return after.reason[FL_REASON_DROPPED] -
	       before.reason[FL_REASON_DROPPED];
}

static void rates(void)
{
	static const double percents[] = { 0.1, 1, 10, 50, 99 };
	const int packets = 1000000;

	load_kind(FL_IMPAIR_LOSS, 0);
	tap_is_u64(lost_of(packets), 0, "loss 0%% is exact");
	load_kind(FL_IMPAIR_LOSS, FL_P_ONE);
	tap_is_u64(lost_of(packets), (__u64)packets, "loss 100%% is exact");
	for (size_t i = 0; i < sizeof(percents) / sizeof(*percents); i++) {
		double p = percents[i] / 100, n = packets, spread, lost;

		load_kind(FL_IMPAIR_LOSS, (__u32)(p * FL_P_ONE));
		lost = (double)lost_of(packets);
		/* 99.99 %: 3.89 standard deviations. */
		spread = 3.89 * sqrt(n * p * (1 - p));
		tap_ok(fabs(lost - n * p) <= spread,
		       "loss %g%%: %.0f of 1,000,000, %.0f +- %.0f expected",
		       percents[i], lost, n * p, spread);
	}
	load_kind(FL_IMPAIR_LOSS_NTH, 7);
	tap_is_u64(lost_of(packets), (__u64)packets / 7, "nth 7 is exact");
}

/* ---- victims ----------------------------------------- */

/* Bit per packet lost, of 64 in each of four flows. */
static void victims(__u64 rule_seed, __u64 out[4])
{
	struct fl_rule rule = model_rule("rule", FL_DIR_BOTH, FL_IMPAIR_LOSS,
					 FL_P_ONE / 2);

	rule.seed = rule_seed;
	load(&rule, 1);
	memset(out, 0, 4 * sizeof(*out));
	for (unsigned i = 0; i < 64; i++)
		for (__u32 flow = 0; flow < 4; flow++)
			out[flow] |= (__u64)(xdp(flow) == MODEL_XDP_DROP) << i;
}

static int open_real(__u64 seed, __u32 tcx)
{
	struct real_options options = { .slots = SLOTS,
					.seed = seed,
					.tcx = tcx };

	return real_open(&real, &options);
}

static void same_victims(void)
{
	__u64 first[4], again[4], other_rule[4], other_device[4];

	victims(1, first);
	victims(2, other_rule);
	real_close(&real);
	if (open_real(SEED, 0))
		return;
	victims(1, again);
	tap_ok(!memcmp(first, again, sizeof(first)),
	       "the same seeds, the same victims, another load");
	tap_ok(memcmp(first, other_rule, sizeof(first)) && first[0] != first[1],
	       "another rule or flow, others");
	real_close(&real);
	if (open_real(SEED + 1, 0))
		return;
	victims(1, other_device);
	tap_ok(!memcmp(first, other_device, sizeof(first)),
	       "the device's seed moves flows in the table, no victims");
	real_close(&real);
	open_real(SEED, 0);
}

int main(void)
{
	if (geteuid())
		return tap_skip_all("needs root to load BPF programs");
	model = model_new(SLOTS, SEED);
	if (!tap_ok(!open_real(SEED, 0), "the programs load"))
		return tap_done();
	verdicts("clsact", MODEL_TC_STOLEN);
	directions();
	leases();
	dry_run();
	left_alone();
	fragments();
	segments();
	both_directions();
	without_tails();
	rates();
	same_victims();
	real_close(&real);
	if (tap_ok(!open_real(SEED, 1), "the programs load for tcx"))
		verdicts("tcx", MODEL_TC_REDIRECT);
	real_close(&real);
	model_free(model);
	return tap_done();
}
