/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The vectors, by BPF in the kernel: alone in a program of their own, and
 * through the real programs, where the flow's number and state and the rule's
 * seed are set so that the packet has the vector's number, state and draw.
 */
#include <arpa/inet.h>

#include "model/shoot.h"

#include "doors.h"

#include "compile/compile.h"
#include "vectors/vec_read.h"
#include <faultline/ticket.h>

/* Places in the packet: a TCP segment over IPv4. */
#define AT_IP 14
#define AT_TOS 15
#define AT_TTL 22
#define AT_IP_SUM 24
#define AT_SRC 26
#define AT_DST 30
#define AT_TCP 34
#define AT_FLAGS 47
#define AT_TCP_SUM 50
#define AT_PAYLOAD 54
#define TCP_RST 4
#define TCP_ACK 16

/* How the rule stands that has the vector's impairment. */
static const struct way {
	const char *name;
	bool scoped;  /* state and numbers are the rule's */
	bool second;  /* another rule before it keeps something */
	bool company; /* has another impairment */
} ways[] = {
	{ "", false, false, false },
	{ ", second", false, true, false },
	{ ", scope rule", true, false, false },
	{ ", in company", false, false, true },
	{ ", second, in company", false, true, true },
	{ ", scope rule, in company", true, false, true },
};
#define WAYS (sizeof(ways) / sizeof(*ways))

static const struct way *way = ways;
static struct pkt pkt;
static __u8 out[PKT_MAX];
static __u64 identity;

static bool run_alone(struct vec *vec)
{
	return alone_run(alone->progs.vec_run, vec, sizeof(*vec));
}

/* ---- fl_draw() backwards: the seed that gives a draw -------------------- */

static __u64 unshift(__u64 z, unsigned bits)
{
	__u64 whole = z;

	for (unsigned done = bits; done < 64; done += bits)
		whole = z ^ whole >> bits;
	return whole;
}

/* The inverse of an odd number, modulo 2^64, by Newton's iteration. */
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
	return (unshift(z, 30) - (number + 1) * 0x9e3779b97f4a7c15ULL) ^
	       (way->scoped ? 0 : identity);
}

/* ---- the packet ----------------------------------------- */

static void sum_ip(__u8 *frame)
{
	__u16 sum;

	memset(frame + AT_IP_SUM, 0, 2);
	sum = htons(pkt_checksum(frame + AT_IP, AT_TCP - AT_IP, 0));
	memcpy(frame + AT_IP_SUM, &sum, 2);
}

static bool tcp_sum_holds(const __u8 *frame, size_t length)
{
	__u32 start = IPPROTO_TCP + (__u32)(length - AT_TCP);

	for (int at = AT_SRC; at < AT_TCP; at += 2)
		start += (__u32)frame[at] << 8 | frame[at + 1];
	return !pkt_checksum(frame + AT_TCP, length - AT_TCP, start);
}

/* A packet of the one flow, with ECN and an answer allowed as @in says. */
static void build(const struct fl_impair_in *in)
{
	struct pkt_spec spec = {
		.family = 4,
		.proto = IPPROTO_TCP,
		.dscp = 10,
		.sport = door == DOOR_OUT ? 80 : 40000,
		.dport = door == DOOR_OUT ? 40000 : 80,
		.tcp_flags = in->answerable ? TCP_ACK : TCP_ACK | TCP_RST,
		.payload = 21,
	};

	pkt_address4(door == DOOR_OUT ? spec.src : spec.dst, 0x0a000001);
	pkt_address4(door == DOOR_OUT ? spec.dst : spec.src, 0x0b000001);
	pkt_build(&pkt, &spec);
	pkt.data[AT_TOS] |= in->ecn;
	sum_ip(pkt.data);
}

/* Bits in which the frames differ from @from up to @to. */
static unsigned differ(const __u8 *a, const __u8 *b, size_t from, size_t to)
{
	unsigned bits = 0;

	for (size_t i = from; i < to; i++)
		bits += (unsigned)__builtin_popcount(a[i] ^ b[i]);
	return bits;
}

static bool is_answer(const __u8 *frame)
{
	return frame[AT_FLAGS] & TCP_RST &&
	       !memcmp(frame + AT_SRC, pkt.data + AT_DST, 4) &&
	       !memcmp(frame + AT_DST, pkt.data + AT_SRC, 4) &&
	       !pkt_checksum(frame + AT_IP, AT_TCP - AT_IP, 0) &&
	       tcp_sum_holds(frame, AT_PAYLOAD);
}

/* One bit, and where it says; unseen by the checksum, or not. */
static bool is_corrupted(const __u8 *frame, __u64 fate)
{
	unsigned all = differ(frame, pkt.data, 0, pkt.length);
	unsigned mac = differ(frame, pkt.data, 0, AT_IP);
	unsigned payload = differ(frame, pkt.data, AT_PAYLOAD, pkt.length);

	if (fate & FL_FATE(SILENT))
		return payload == 1 && tcp_sum_holds(frame, pkt.length) &&
		       !differ(frame, pkt.data, 0, AT_TCP_SUM);
	if (fate & FL_FATE(PAYLOAD) && payload != 1)
		return false;
	return all == 1 && !mac && !(fate & FL_FATE(HEADERS) && payload);
}

/* What the tc programs made of the packet. */
static bool is_right(const __u8 *frame, __u64 fate)
{
	static __u8 want[PKT_MAX];

	if ((fate & FL_FATE_REASON) == FL_REASON_REJECTED)
		return is_answer(frame);
	if (fate & FL_FATE(CORRUPT))
		return is_corrupted(frame, fate);
	memcpy(want, pkt.data, pkt.length);
	if (fate & FL_FATE(MARK))
		want[AT_TOS] |= FL_ECN_CE;
	if (fate & FL_FATE(TTL))
		want[AT_TTL] = (__u8)FL_FATE_VALUE(TTL, fate);
	if (fate & FL_FATE(DSCP))
		want[AT_TOS] = (__u8)((want[AT_TOS] & 3) |
				      FL_FATE_VALUE(DSCP, fate) << 2);
	sum_ip(want);
	return !memcmp(frame, want, pkt.length);
}

/* ---- one decision ----------------------------------------- */

static int run_door(void)
{
	memset(out, 0, sizeof(out));
	real.skeleton->bss->replayed.fate = 0;
	return doors_run(&pkt, out);
}

static int verdict_of(__u64 fate)
{
	__u64 reason = fate & FL_FATE_REASON;

	if (door == DOOR_XDP)
		return reason == FL_REASON_DROPPED ||
				       reason == FL_REASON_FAILED ?
			       MODEL_XDP_DROP :
			       MODEL_XDP_PASS;
	if (reason == FL_REASON_PASSED)
		return MODEL_TC_PASS;
	return door == DOOR_OUT && reason == FL_REASON_DROPPED ?
		       MODEL_TC_STOLEN :
		       MODEL_TC_SHOT;
}

static void put_trace(const struct vec *vec)
{
	__u64 *words = real.skeleton->data_traces->traces;
	__u32 at = vec->in.number % vec->impair.u.trace.length;
	__u64 bit = 1ull << (at & 63);

	words += vec->impair.u.trace.first + at / 64;
	*words = vec->in.traced ? *words | bit : *words & ~bit;
}

/* Of the rule, whose handle is its number. */
static __u16 way_id(void)
{
	return (__u16)(FL_ID_FIRST + way->second);
}

/* A rule with the impairment, and with one that does nothing. */
static void put_action(const struct vec *vec)
{
	__u32 category = fl_category_of(vec->impair.kind);
	bool first = category == FL_CATEGORY_DUPLICATE;
	struct fl_rule rule = {
		.impair_count = 1,
		.flags = way->scoped ? FL_RULE_SCOPE : 0,
		.seed = seed_for(vec->in.draw, vec->in.number),
		.impairs = { vec->impair },
	};

	if (way->company) {
		rule.impair_count = 2;
		memset(rule.impairs, 0, sizeof(rule.impairs));
		rule.impairs[!first] = vec->impair;
		rule.impairs[first].kind = first ? FL_IMPAIR_CORRUPT :
						   FL_IMPAIR_DUPLICATE;
	}
	compile_action(&rule, way_id(), &real.actions[way->second]);
	compile_detail(&rule, &real.details[way_id()]);
}

/* Puts the vector's question into the maps. */
static void put(const struct vec *vec, struct fl_flow_side *counts)
{
	struct fl_chain chain = { .packets = vec->in.number };

	put_action(vec);
	if (vec->impair.kind == FL_IMPAIR_LOSS_TRACE)
		put_trace(vec);
	counts->state[0] = counts->state[1] = 0;
	counts->state[way->second] = fl_state_of(vec->impair.kind) >=
						     FL_STATE_CHAIN ?
					     vec->state[0] :
					     vec->in.number;
	memcpy(chain.state, vec->state, sizeof(chain.state));
	/* netem's generator goes on by itself, and ahead of the packets. */
	if (vec->impair.kind == FL_IMPAIR_LOSS_NETEM && vec->in.number)
		return;
	obj_map_write(bpf_map__fd(real.skeleton->maps.chains), way_id(),
		      &chain);
}

/* What is kept for the next packet. */
static void take_state(struct vec *vec, const struct fl_flow_side *counts)
{
	struct fl_chain chain = { 0 };
	__u32 id = way_id();

	if (fl_state_of(vec->impair.kind) != FL_STATE_CHAIN)
		return;
	vec->got.state[0] = counts->state[way->second];
	if (way->scoped &&
	    !bpf_map_lookup_elem(bpf_map__fd(real.skeleton->maps.chains), &id,
				 &chain))
		vec->got.state[0] = chain.state[0];
}

/* The fate as the counters and whoever carries it out have it; ~0 where they
 * disagree. */
static __u64 take_fate(const struct fl_counters *before,
		       const struct fl_counters *after)
{
	const struct fl_ticket *ticket = (const void *)out;
	__u64 fate = real.skeleton->bss->replayed.fate;

	if (after->packets - before->packets != 1 ||
	    after->bytes - before->bytes != pkt.length ||
	    after->segments - before->segments != 1)
		return VEC_DISAGREE;
	if (door == DOOR_XDP && memcmp(out, pkt.data, pkt.length))
		fate = ticket->fate;
	if (after->effect[FL_EFFECT_NOT_ECT] !=
	    before->effect[FL_EFFECT_NOT_ECT])
		fate |= FL_FATE(NOT_ECT);
	for (int i = 0; i < FL_EFFECTS; i++)
		if (after->effect[i] - before->effect[i] !=
		    (fl_fate_effects(fate) >> i & 1))
			return VEC_DISAGREE;
	for (__u32 i = 0; i < FL_REASONS; i++)
		if (after->reason[i] != before->reason[i])
			fate = (fate & ~FL_FATE_REASON) | i;
	return fate;
}

/* The packet as it should have been left. */
static bool packet_holds(__u64 fate)
{
	__u64 counted = FL_FATE_REASON | fl_fates_of(FL_WORK_COUNT);
	bool handed = fate & ~counted || fate == FL_REASON_REJECTED;
	size_t ahead = handed ? sizeof(struct fl_ticket) : 0;

	if (door == DOOR_XDP)
		return !memcmp(out + ahead, pkt.data, pkt.length);
	return is_right(out, fate);
}

static bool run_real(struct vec *vec)
{
	struct fl_flow_side *counts = door_flow(vec->in.number);
	const __u64 silent_anywhere = FL_FATE(SILENT) | FL_FATE(PAYLOAD);
	struct fl_counters before, after;
	int verdict;

	if (!counts)
		return false;
	vec->got = vec->want;
	/* Refused by the grammar: not all of a header has a checksum. */
	if ((vec->want.value & silent_anywhere) == FL_FATE(SILENT))
		return true;
	build(&vec->in);
	put(vec, counts);
	real_counters(&real, way_id(), door_side(), &before);
	verdict = run_door();
	real_counters(&real, way_id(), door_side(), &after);
	vec->got.value = take_fate(&before, &after);
	take_state(vec, counts);
	return verdict == verdict_of(vec->want.value) &&
	       packet_holds(vec->want.value);
}

/* ---- all of them ----------------------------------------- */

/* Rules with a number per flow: one that matches everything, whose action gets
 * the impairments, and perhaps before it one that no packet is long enough
 * for. */
static void put_rules(void)
{
	struct fl_rule rules[2] = {
		model_rule("never", FL_DIR_BOTH, FL_IMPAIR_LOSS_NTH, 2),
		model_rule("vector", FL_DIR_BOTH, FL_IMPAIR_LOSS_NTH, 2),
	};

	rules[0].match.present = 1u << FL_FIELD_LEN;
	rules[0].match.len = (struct fl_span){ 60000, 60000 };
	model->next_id = model->next_handle = 0;
	model_load_rules(model, &rules[!way->second], 1 + way->second);
	doors_forget_flows();
	real_sync(&real, model);
}

/* The flow, by its first packet. */
static void prepare(void)
{
	struct fl_impair_in in = { 0 };
	struct fl_key key = { 0 };

	put_rules();
	build(&in);
	model_key(pkt.data, pkt.length, door_side(), SEED, &key);
	identity = key_identity(&key);
	run_door();
}

static void run_doors(void)
{
	char name[64];

	for (way = ways; way < ways + WAYS; way++) {
		for (door = 0; door < DOORS; door++) {
			snprintf(name, sizeof(name), "%s%s", door_names[door],
				 way->name);
			prepare();
			vec_run(name, run_real, VEC_DECIDE);
		}
	}
}

static void run_bpf(void)
{
	vec_run("bpf", run_alone, VEC_JOIN);
}

int main(void)
{
	return doors_main(run_bpf, run_doors);
}
