/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mutated packets through the real programs and through the model: the same
 * verdict each time, the same flow table and counters at the end.
 * FUZZ_PACKETS sets how many packets (1,000,000), FUZZ_SEED which.
 */
#include <time.h>

#include "model/gen.h"
#include "lib/cpu.h"
#include "lib/tunnel.h"
#include "model/model.c"
#include "real.h"

#define SLOTS 256
#define RULES 60
#define RULESETS 20 /* one after the other */
#define SEEDS 2000
#define TICK_EVERY 200 /* packets */

static struct real real;
static struct model *model;
static struct pkt seeds[SEEDS];
static struct rnd rnd;

/* A tunnel around @pkt, where there is room for one. */
static void into_tunnel(struct pkt *pkt)
{
	static struct pkt inner;

	if (pkt->length > PKT_MAX / 2)
		return;
	inner = *pkt;
	inner.data = inner.store + (pkt->data - pkt->store);
	tunnel_build(pkt, (enum tunnel)rnd_below(&rnd, TUNNELS),
		     rnd_chance(&rnd, 50) ? 4 : 6, &inner);
}

static void make_seeds(void)
{
	struct pkt_spec spec;

	for (unsigned i = 0; i < SEEDS; i++) {
		if (pkt_sample(i)) {
			pkt_build(&seeds[i], pkt_sample(i));
			continue;
		}
		gen_spec(&rnd, &spec);
		pkt_build(&seeds[i], &spec);
		if (rnd_chance(&rnd, 15))
			into_tunnel(&seeds[i]);
	}
}

/* Leases that end at some time within @packets. Each rule asks for something:
 * one that takes every packet would leave none to those after it. */
static int load_rules(__u64 packets)
{
	static struct fl_rule rules[RULES];

	for (unsigned i = 0; i < RULES; i++) {
		do
			gen_rule(&rnd, i, &rules[i]);
		while (!rules[i].match.present);
		if (rnd_chance(&rnd, 20))
			rules[i].expiry_ns =
				model->clock.boot_ns + 1 +
				rnd_below(&rnd, (__u32)(packets / TICK_EVERY));
	}
	for (unsigned i = 0; i < FL_TRACE_WORDS; i++)
		model->traces[i] = rnd_u64(&rnd);
	if (model_load_rules(model, rules, RULES))
		return -1;
	real_sync(&real, model);
	return 0;
}

static void mutate_bytes(__u8 *data, size_t length, unsigned times)
{
	while (times--) {
		/* Most of it where the headers are. */
		size_t at = rnd_below(&rnd, length > 80 ? 80 : (__u32)length);

		if (rnd_chance(&rnd, 50))
			data[at] ^= (__u8)(1u << rnd_below(&rnd, 8));
		else
			data[at] = (__u8)rnd_u64(&rnd);
	}
}

/* Length fields of both IP versions, UDP and TCP, where they would be. */
static void lie_about_length(__u8 *data, size_t length)
{
	static const __u8 places[] = { 14, 16, 17, 18, 19, 22, 38,
				       39, 46, 55, 58, 59, 66 };
	size_t at = places[rnd_below(&rnd, sizeof(places))];

	if (at < length)
		data[at] = (__u8)(rnd_chance(&rnd, 50) ?
					  data[at] + rnd_below(&rnd, 9) - 4 :
					  rnd_u64(&rnd));
}

/* The head of one packet, the tail of another. */
static size_t splice(__u8 *data, size_t length)
{
	const struct pkt *other = &seeds[rnd_below(&rnd, SEEDS)];
	size_t cut = 14 + rnd_below(&rnd, (__u32)length - 13);

	if (cut >= other->length)
		return cut;
	memcpy(data + cut, other->data + cut, other->length - cut);
	return other->length;
}

static void next_packet(struct pkt *pkt)
{
	const struct pkt *seed = &seeds[rnd_below(&rnd, SEEDS)];
	unsigned kind = rnd_below(&rnd, 100);
	__u8 *data = pkt->store + 2;

	pkt->data = data;
	pkt->length = seed->length;
	memcpy(data, seed->data, seed->length);
	if (kind < 30)
		return;
	if (kind < 50)
		mutate_bytes(data, pkt->length, 1 + rnd_below(&rnd, 6));
	else if (kind < 65)
		lie_about_length(data, pkt->length);
	else if (kind < 80)
		pkt->length = 14 + rnd_below(&rnd, (__u32)pkt->length - 13);
	else if (kind < 90)
		pkt->length = splice(data, pkt->length);
	else if (kind < 95)
		mutate_bytes(data, pkt->length, 40);
	else
		for (size_t i = 12 + 2 * (kind < 98); i < pkt->length; i++)
			data[i] = (__u8)rnd_u64(&rnd);
}

static void show(const struct pkt *pkt, __u64 number, int got, int want)
{
	char text[3 * 128 + 1];
	size_t shown = pkt->length < 128 ? pkt->length : 128;

	for (size_t i = 0; i < shown; i++)
		sprintf(text + 3 * i, "%02x ", pkt->data[i]);
	tap_diag("packet %llu, %zu bytes: kernel %d, model %d\n%s", number,
		 pkt->length, got, want, text);
}

/* Newer kernels refuse to make a socket buffer without a whole IP header. */
static bool fits_tc(const struct pkt *pkt)
{
	__u16 ethertype = (__u16)(pkt->data[12] << 8 | pkt->data[13]);

	return !(ethertype == 0x0800 && pkt->length < 14 + 20) &&
	       !(ethertype == 0x86dd && pkt->length < 14 + 40);
}

/* What cannot be answered is lost as other packets are; only the kernel gets
 * as far as to know. */
static bool is_lost_instead(int got, __u64 fate, __u32 side)
{
	return (fate & FL_FATE_REASON) == FL_REASON_REJECTED &&
	       got == (side == FL_OUT ? MODEL_TC_STOLEN : MODEL_TC_SHOT);
}

/* Half of the buffers at tc are aggregates of packets large and small, the
 * number of which the kernel may not know. NULL: it is one packet. */
static const struct model_gso *next_gso(void)
{
	static struct model_gso gso;

	gso.size = rnd_chance(&rnd, 90) ? 1 + rnd_below(&rnd, 300) :
					  0xffff - rnd_below(&rnd, 2);
	gso.segs = rnd_chance(&rnd, 50) ? rnd_below(&rnd, 9) : 0;
	return rnd_chance(&rnd, 50) ? &gso : NULL;
}

/* Whether kernel and model agree on this packet. */
static bool run_one(const struct pkt *pkt, __u64 number)
{
	const struct model_gso *gso = next_gso();
	__u32 door = rnd_below(&rnd, 6);
	bool lost = false;
	int got, want;
	__u64 fate;

	if (door < 4 || !fits_tc(pkt)) {
		want = model_xdp(model, pkt->data, pkt->length, NULL);
		got = real_xdp(&real, pkt->data, pkt->length, NULL, 1);
	} else {
		want = model_tc(model, pkt->data, pkt->length, door & 1, gso,
				&fate);
		got = real_tc(&real, pkt->data, pkt->length, door & 1, gso,
			      NULL, 1);
		lost = is_lost_instead(got, fate, door & 1);
	}
	if (got != want && !lost)
		show(pkt, number, got, want);
	return got == want || lost;
}

static void run_all(__u64 packets)
{
	const __u64 each = packets / RULESETS + 1;
	unsigned wrong = 0, refused = 0;
	static struct pkt pkt;
	__u64 number;

	for (number = 0; number < packets && wrong < 5; number++) {
		if (number % each == 0)
			refused += load_rules(each) != 0;
		if (number % TICK_EVERY == 0) {
			model->clock.jiffies++;
			model->clock.boot_ns++;
			real_clock(&real, &model->clock);
		}
		next_packet(&pkt);
		wrong += !run_one(&pkt, number);
	}
	tap_is_u64(refused, 0, "%d sets of random rules compile", RULESETS);
	tap_ok(!wrong, "%llu packets: the verdicts of the model", number);
}

/*
 * The model only says what is to be done; the kernel does it to packets that
 * may not allow it, and takes it back in the count. An answer that cannot be
 * given is only counted.
 */
static bool same_effects(const struct fl_counters *got,
			 const struct fl_counters *want)
{
	__u64 back = 0, skipped = got->effect[FL_EFFECT_SKIPPED];

	for (int i = 0; i < FL_EFFECT_SKIPPED; i++) {
		if (got->effect[i] > want->effect[i])
			return false;
		back += want->effect[i] - got->effect[i];
	}
	return skipped >= back &&
	       skipped - back <= got->reason[FL_REASON_REJECTED];
}

static bool same_counters(const struct fl_counters *got,
			  const struct fl_counters *want)
{
	struct fl_counters effects = *want;

	memcpy(effects.effect, got->effect, sizeof(effects.effect));
	return !memcmp(got, &effects, sizeof(effects)) &&
	       same_effects(got, want);
}

static void compare_counters(void)
{
	unsigned wrong = 0;
	__u64 harmed = 0, total = 0, effects = 0;

	for (__u32 i = 0; i < model->maps.sizes.ids * FL_SIDES; i++) {
		struct fl_counters got, want;

		model_counters(model, i / FL_SIDES, i % FL_SIDES, &want);
		real_counters(&real, i / FL_SIDES, i % FL_SIDES, &got);
		total += want.packets;
		harmed += want.packets - want.reason[FL_REASON_PASSED];
		for (int e = 0; e < FL_EFFECTS; e++)
			effects += got.effect[e];
		if (same_counters(&got, &want))
			continue;
		wrong++;
		tap_diag("id %u side %u: packets %llu, model %llu",
			 i / FL_SIDES, i % FL_SIDES, got.packets, want.packets);
	}
	tap_ok(!wrong, "the same counters");
	tap_ok(harmed > total / 10 && harmed < total - total / 10,
	       "the rules do something: %llu of %llu harmed", harmed, total);
	tap_ok(effects > total / 100, "and besides: %llu effects", effects);
}

static void compare_tallies(void)
{
	struct fl_tally got, want;

	for (__u32 side = 0; side < FL_SIDES; side++) {
		model_tally(model, side, &want);
		real_tally(&real, side, &got);
		/* What was taken back: see same_effects(). */
		memcpy(got.evicted_effect, want.evicted_effect,
		       sizeof(got.evicted_effect));
		memcpy(got.untracked_effect, want.untracked_effect,
		       sizeof(got.untracked_effect));
		tap_ok(!memcmp(&got, &want, sizeof(got)),
		       "the same tallies, side %u: %llu packets evicted, "
		       "%llu untracked, %llu fragments",
		       side, want.evicted_packets, want.untracked_packets,
		       want.fragments);
	}
}

static struct fl_flow plain_hot(const struct fl_flow *flow)
{
	struct fl_flow plain = *flow;

	plain.counts = 0;
	return plain;
}

/* The short way counts drops beside packets, and the model never goes it: all
 * that is counted, wherever, and what it is counted for. */
static bool same_side(__u32 index, __u32 side)
{
	struct fl_flow_side got = real_counted(&real, index, side);
	struct fl_flow_side want = model_counted(model, index, side);
	struct fl_flow here = plain_hot(side == FL_IN ? &real.flows[index] :
							&real.flows_out[index]);
	struct fl_flow there = plain_hot(side == FL_IN ?
						 &model->flows[index] :
						 &model->flows_out[index]);

	got.sequence = want.sequence = 0;
	return !memcmp(&got, &want, sizeof(got)) &&
	       !memcmp(&here, &there, sizeof(here));
}

static bool same_flow(__u32 index)
{
	return same_side(index, FL_IN) && same_side(index, FL_OUT) &&
	       !memcmp(real.more[index].v6, model->more[index].v6,
		       sizeof(real.more[index].v6));
}

static void compare_flows(void)
{
	unsigned wrong = 0, used = 0;

	for (__u32 i = 0; i < SLOTS; i++) {
		used += !!model->flows[i].tuple;
		if (!same_flow(i) && wrong++ < 5)
			tap_diag("slot %u differs: tuple %llx, model %llx", i,
				 real.flows[i].tuple, model->flows[i].tuple);
	}
	tap_ok(!wrong, "the same flow table, %u of %u slots in use", used,
	       SLOTS);
}

/* Returns the CPU that owns all flows. */
static unsigned pin_to_cpu(void)
{
	unsigned cpu = (unsigned)sched_getcpu();

	cpu_pin(cpu);
	return cpu;
}

static __u64 number_of(const char *name, __u64 otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

int main(void)
{
	struct real_options options = { .slots = SLOTS, .seed = 42 };
	__u64 packets = number_of("FUZZ_PACKETS", 1000000);
	struct timespec from, to;
	double seconds;
	unsigned cpu;

	if (geteuid())
		return tap_skip_all("needs root to load BPF programs");
	rnd.state = number_of("FUZZ_SEED", 1);
	cpu = pin_to_cpu();
	model = model_new(SLOTS, options.seed);
	model->runs[0].owner = cpu + 1;
	make_seeds();
	if (!tap_ok(!real_open(&real, &options), "the programs load"))
		return tap_done();
	clock_gettime(CLOCK_MONOTONIC, &from);
	run_all(packets);
	clock_gettime(CLOCK_MONOTONIC, &to);
	compare_counters();
	compare_tallies();
	compare_flows();
	seconds = (double)(to.tv_sec - from.tv_sec) +
		  (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	tap_diag("%.0f packets/s", (double)packets / seconds);
	tap_ok(packets > 1000000 || seconds < 60, "within a minute: %.1f s",
	       seconds);
	real_close(&real);
	model_free(model);
	return tap_done();
}
