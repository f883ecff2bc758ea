/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel programs and user space share: map values, enums, limits.
 * Data only, no functions. Integers are in host byte order unless the name
 * ends in _be. Fractions are u32 of 2^32-1, named *_u32: 0 is never, FL_P_ONE
 * is always, exactly.
 */
#pragma once

#include <linux/bpf.h>
#include <linux/types.h>

#define FL_ABI_VERSION	2	/* bump on any change of this file */

#define FL_P_ONE	0xffffffffu

#define FL_RULES_MAX	1024	/* user's rules on one device */
#define FL_GUARDS_MAX	64	/* built-in exemptions, placed before them */
#define FL_POSITIONS	(FL_RULES_MAX + FL_GUARDS_MAX)
#define FL_WORDS	(FL_POSITIONS / 64)
#define FL_NAME_LEN	24	/* with the closing NUL */
#define FL_IMPAIRS_MAX	6	/* impairments in one rule */
#define FL_PATTERN_BITS	128
#define FL_TRACE_WORDS	(1u << 17)	/* of 64 packets, all rules together */
#define FL_FILE_LEN	256	/* path of a trace, with the closing NUL */

#define FL_CLASSES_MAX	8192	/* distinct rule sets over all dimensions */
#define FL_INTERVALS_MAX 4096	/* address intervals in one dimension */
#define FL_VLAN_NONE	4096	/* "vlan" of an untagged packet */
#define FL_VLANS	4097

/*
 * With the promised number of flows the table is half full, and one flow in
 * 10^5 finds the 32 slots of its set taken.
 */
#define FL_FLOW_WAYS	32
#define FL_SLOTS_PER_FLOW 2

#define FL_DIR_IN	1u
#define FL_DIR_OUT	2u
#define FL_DIR_BOTH	(FL_DIR_IN | FL_DIR_OUT)

/* Index of per-direction arrays. */
enum fl_side { FL_IN, FL_OUT, FL_SIDES };
enum fl_end { FL_SRC, FL_DST, FL_ENDS };

enum fl_reason {
#define REASON(id, label, help) FL_REASON_##id,
#include "reasons.def"
#undef REASON
	FL_REASONS
};

enum fl_effect {
#define EFFECT(id, label, help) FL_EFFECT_##id,
#include "effects.def"
#undef EFFECT
	FL_EFFECTS
};

enum fl_impair_kind {
	FL_IMPAIR_NONE,
#define IMPAIR(id, words, category, directions, state, function, help) \
	FL_IMPAIR_##id,
#define PARAM(id, member, type, min, max, initial, argument, json, help)
#include "impairs.def"
#undef IMPAIR
#undef PARAM
	FL_IMPAIR_KINDS
};

/* A rule holds one impairment of each; in the order of application. */
enum fl_category {
	FL_CATEGORY_DUPLICATE,
	FL_CATEGORY_LOSS,
	FL_CATEGORY_CORRUPT,
	FL_CATEGORY_MARK,
	FL_CATEGORY_TTL,
	FL_CATEGORY_DSCP,
};

/* What an impairment keeps from one packet to the next. */
enum fl_state_kind {
	FL_STATE_NONE,
	FL_STATE_NUMBER,	/* of the packet among those of the rule */
	FL_STATE_CHAIN,		/* state of a Markov chain, begun as 0 */
	FL_STATE_NETEM,		/* struct fl_chain in full: per rule only */
};

/*
 * What is done to one packet: an enum fl_reason in the low byte and these.
 * Values of TTL and DSCP are in the upper half.
 */
#define FL_FATE_REASON	0xffu
#define FL_FATE_DUPLICATE 0x100u
#define FL_FATE_CORRUPT	0x200u	/* one bit, of the whole IP packet or of */
#define FL_FATE_HEADERS	0x400u	/* ... its headers */
#define FL_FATE_PAYLOAD	0x800u	/* ... what is behind them */
#define FL_FATE_SILENT	0x1000u	/* ... and checksums are made good */
#define FL_FATE_MARK	0x2000u	/* set Congestion Experienced */
#define FL_FATE_NOT_ECT	0x4000u	/* should be marked, but may not */
#define FL_FATE_TTL	0x8000u	/* set TTL or hop limit */
#define FL_FATE_TTL_SHIFT 16
#define FL_FATE_DSCP	0x40000000u
#define FL_FATE_DSCP_SHIFT 24
#define FL_FATE_DSCP_MASK 0x3f
#define FL_FATE_EFFECTS (FL_FATE_DUPLICATE | FL_FATE_CORRUPT | FL_FATE_MARK | \
			 FL_FATE_NOT_ECT | FL_FATE_TTL | FL_FATE_DSCP)

enum fl_field {
#define FIELD(id, words, type, level, member, argument, help) FL_FIELD_##id,
#include "fields.def"
#undef FIELD
	FL_FIELDS
};

enum fl_mode {
	FL_MODE_AUTO,
	FL_MODE_NATIVE,		/* XDP in the driver */
	FL_MODE_GENERIC,	/* XDP after the driver, on socket buffers */
	FL_MODE_TC,		/* tc at both ends */
	FL_MODES
};

/* How the tc programs are attached. */
enum fl_tc_kind {
	FL_TC_NONE,
	FL_TC_CLSACT,		/* classic filter: loss is TC_ACT_STOLEN */
	FL_TC_TCX,		/* link: loss is a redirect to no device */
};

/* ---- rules as the user says them ---------------------------------------- */

struct fl_prefix {
	__u8 family;		/* 4 or 6 */
	__u8 length;		/* 0..32 or 0..128 */
	__u8 pad[2];
	__u8 address_be[16];	/* IPv4 in the first four bytes; masked */
};

struct fl_ports {		/* both ends included */
	__u16 low, high;
};

struct fl_span {		/* both ends included */
	__u32 low, high;
};

struct fl_tcp_flags {		/* bits as in the TCP header: FIN is 1 */
	__u8 mask, value;
};

struct fl_match {
	__u32 present;		/* bit per enum fl_field */
	__u8 proto;
	__u8 dscp;
	struct fl_tcp_flags flags;
	__u16 vlan;
	__u16 payload;
	struct fl_ports sport, dport, port, local_port, remote_port;
	struct fl_prefix src, dst, host, local, remote;
	__u32 flows_u32;
	struct fl_span len;
	struct fl_span packets;
};

struct fl_pattern {
	__u32 length;		/* 1..FL_PATTERN_BITS */
	__u32 pad;
	__u64 bits[FL_PATTERN_BITS / 64]; /* packet n is bit n */
};

union fl_params {
	struct {
		__u32 probability_u32;
	} loss;
	struct {
		__u32 period;	/* packets */
	} nth;
	struct {
		__u32 count;	/* packets */
	} first;
	struct fl_pattern pattern;
	struct {
		__u32 loss_u32;
		__u32 burst_milli;	/* mean length in packets / 1000 */
		__u64 enter_u64, leave_u64; /* of 2^64-1; by fl_prepare() */
	} burst;
	struct {			/* netem's p, r, 1-h, 1-k */
		__u32 enter_u32, leave_u32, bad_u32, good_u32;
	} gemodel;
	struct {
		__u32 p13_u32, p31_u32, p32_u32, p23_u32, p14_u32;
	} state;
	struct {
		__u32 probability_u32, correlation_u32;
	} netem;
	struct {
		__u32 first;	/* word of map "traces" */
		__u32 length;	/* packets */
	} trace;
	struct {
		__u32 probability_u32;
	} duplicate;
	struct {
		__u32 probability_u32;
		__u32 part;	/* enum fl_part */
		__u32 silent;
	} corrupt;
	struct {
		__u32 probability_u32;
		__u32 drop_others;	/* packets that are not ECT */
	} mark;
	struct {
		__u32 value;
	} ttl, dscp;
};

enum fl_part { FL_PART_ANY, FL_PART_HEADER, FL_PART_PAYLOAD };

struct fl_impair {
	__u32 kind;		/* enum fl_impair_kind */
	__u32 wrap_at;		/* see fl_number_wrap() */
	union fl_params u;
};

#define FL_RULE_DRY_RUN	1u	/* counts what it would have done */
#define FL_RULE_SEEDED	2u	/* the user gave the seed */
#define FL_RULE_SCOPE	4u	/* state and numbers are the rule's */

/* One rule, as add takes it and list prints it. Kept in map "specs". */
struct fl_rule {
	char name[FL_NAME_LEN];
	__u32 prio;		/* lower is tried first, 0..65535 */
	__u32 directions;	/* FL_DIR_* */
	__u32 flags;		/* FL_RULE_* */
	__u32 impair_count;
	__u64 age;		/* order of creation on this device */
	__u64 lease_ns;		/* as asked; 0 is forever */
	__u64 expiry_ns;	/* CLOCK_BOOTTIME; 0 is never */
	__u64 seed;
	__u64 created_ns;	/* CLOCK_BOOTTIME */
	struct fl_match match;
	struct fl_impair impairs[FL_IMPAIRS_MAX];
	char file[FL_FILE_LEN];	/* of a trace */
};

/* ---- what the datapath reads -------------------------------------------- */

#define FL_ACT_CONDITIONS 1u	/* has packet-level conditions */
#define FL_ACT_EXEMPT	4u	/* a guard: passes, counted as exempt */
#define FL_ACT_DRY_RUN	8u
#define FL_ACT_SHARE	16u	/* only flows_u32 of the flows */
#define FL_ACT_PLAIN	32u	/* only one of fl_is_plain() */
#define FL_ACT_SCOPE	64u	/* state and numbers are the rule's */
#define FL_ACT_CHAIN	128u	/* the state is a chain's, not a number */
#define FL_ACT_SOLE	256u	/* one impairment, without effects */

/* One rule compiled. Immutable while any generation can reach it, except
 * expiry_ns, which is one aligned store. */
struct fl_action {
	__u64 expiry_ns;	/* CLOCK_BOOTTIME; 0 is never */
	__u64 seed;
	__u32 flags;		/* FL_ACT_* */
	__u32 impair_count;
	__u32 share_u32;
	__u8 dscp_mask, dscp;	/* mask 0: any */
	__u8 tcp_mask, tcp_value;
	__u32 len_min, len_max;
	__u32 packet_min, packet_max;
	__u32 payload;		/* 1: must have payload */
	__u32 wrap_at;		/* of the numbered impairment, if any */
	__u32 kept_at;		/* index of the impairment with a state, or
				 * FL_IMPAIRS_MAX */
	__u32 pad;
	struct fl_impair impairs[FL_IMPAIRS_MAX];
};

/*
 * A candidate names a rule in 16 bits: its slot in "actions", a version that
 * changes when the slot is used again, so that a flow which slept over del
 * and add does not take the new rule for the old, and whether the rule keeps
 * a number per flow.
 */
#define FL_ID_BITS	11
#define FL_ID_MASK	((1u << FL_ID_BITS) - 1)
#define FL_ID_VERSIONS	16
#define FL_CAND(id, version, numbered)					\
	((__u16)((__u32)(id) | (__u32)(version) << FL_ID_BITS |		\
		 (__u32)(numbered) << 15))
#define FL_CAND_NUMBERED 0x8000u
#define FL_ID_EXEMPT	FL_RULES_MAX	/* all guards share it */
#define FL_ACTIONS	(FL_ID_MASK + 1) /* so that a mask is check enough */
#define FL_CAND_NONE	0xffffu		/* no (further) rule */
#define FL_CAND_MORE	0xfffeu		/* did not fit: walk for each packet */
#define FL_CANDS	4
#define FL_STATES	2	/* numbered rules per flow and direction */

/* Counters are indexed by (id * FL_SIDES + side); after the rules: */
#define FL_COUNT_EXEMPT	FL_ID_EXEMPT
#define FL_COUNT_UNMATCHED (FL_RULES_MAX + 1)
#define FL_COUNT_UNPARSED (FL_RULES_MAX + 2)
#define FL_COUNTS	(FL_RULES_MAX + 3)

/*
 * Per CPU. Written from the bottom up (packets first, a reason last) and read
 * from the top down, so a copy in which packets equals the sum of reason[] was
 * taken between two packets and is consistent.
 */
struct fl_counters {
	__u64 reason[FL_REASONS];
	__u64 effect[FL_EFFECTS];
	__u64 would_effect[FL_EFFECTS];	/* dry-run: what it would have done */
	__u64 would_drop;	/* dry-run: passed, but would have been lost */
	__u64 segments;		/* wire packets: gso_segs of each buffer */
	__u64 bytes;		/* of frames, link header included */
	__u64 packets;		/* decisions: one socket buffer or XDP frame */
};

/* What left the flow table or never got in; per CPU and side. */
struct fl_tally {
	__u64 evicted_flows;
	__u64 evicted_packets, evicted_bytes, evicted_dropped;
	__u64 evicted_effect[FL_EFFECTS];
	__u64 untracked_packets, untracked_bytes, untracked_dropped;
	__u64 untracked_effect[FL_EFFECTS];
	__u64 fragments;	/* later fragments: no ports, L3 rules only */
};

/* ---- flow table --------------------------------------------------------- */

struct fl_flow_side {
	__u64 packets, bytes, dropped;
	__u16 cand[FL_CANDS];	/* candidate rules, best first */
	__u32 state[FL_STATES];	/* of the first numbered candidates */
};

#define FL_GEN_EMPTY	0u	/* never used */
#define FL_GEN_LAST	0xfffffff0u	/* after it comes 1 + (it & 1) */
#define FL_GEN_STALE	0xfffffffeu	/* candidates to be found anew */
#define FL_GEN_BUSY	0xffffffffu	/* somebody is writing the slot */

#define FL_TUPLE_V6	(1u << 12)	/* bits of fl_flow.tuple, above vlan */
#define FL_TUPLE_FRAGMENT (1u << 13)
#define FL_TUPLE_TAGGED	(1u << 14)
#define FL_TUPLE_VALID	(1u << 15)	/* so that no tuple is 0 */

/*
 * One flow: a cache line in "flows", which is all that an incoming IPv4 packet
 * touches, and one of the same index in "flows_more". Two arrays, so that the
 * hot half spans half as many pages: the TLB is the limit with many flows.
 * Oriented local/remote, so both directions share it.
 */
struct fl_flow {
	__u64 w0;		/* v4: local_be << 32 | remote_be
				 * v6: low half of remote */
	__u64 tuple;		/* local_port_be << 48 | remote_port_be << 32 |
				 * proto << 24 | FL_TUPLE_* | vlan */
	__u32 seen;		/* jiffies, low half */
	__u32 generation;	/* of the candidates, or FL_GEN_* */
	struct fl_flow_side in;
};

struct fl_flow_more {
	struct fl_flow_side out;
	__u64 v6[3];		/* remote high, local high, local low */
};

/* What was done to packets that went on; of the same index once more. Only a
 * harmed packet touches it. */
struct fl_flow_effects {
	__u64 effect[FL_SIDES][FL_EFFECTS];
};

/*
 * State that the flows of a rule share, by rule id: "scope rule", netem's
 * generator, and flows that have no state of their own.
 */
#define FL_CHAIN_WORDS	5
#define FL_NETEM_BATCHES 8	/* a power of two */
struct fl_chain {
	struct bpf_spin_lock lock;	/* of netem's generator */
	__u32 state[FL_CHAIN_WORDS];
	__u64 packets;		/* that the rule has numbered */
	/* What netem's generator said, a bit for each of 64 packets. */
	__u64 batch_count;
	__u64 batches[FL_NETEM_BATCHES]; /* the latest */
};

_Static_assert(sizeof(struct fl_flow) == 64, "a cache line");
_Static_assert(sizeof(struct fl_flow_more) == 64, "a cache line");

/* Switched by one 32-bit store; mmapped by user space. */
struct fl_control {
	__u32 generation;	/* 1.. ; never FL_GEN_EMPTY or FL_GEN_BUSY */
	__u32 pad;
	__u64 untracked;	/* numbers packets of flows that have no slot */
};

/* A tick, and CLOCK_BOOTTIME when it was first seen. */
struct fl_clock {
	__u64 jiffies, boot_ns;
};

/* ---- device record, kept in map "device" -------------------------------- */

#define FL_GUARD_PORTS	8

enum fl_device_state {
	FL_DEVICE_CHANGING,	/* being attached or detached: not whole */
	FL_DEVICE_ATTACHED,
};

struct fl_device {
	__u32 abi_version;
	__u32 state;		/* enum fl_device_state */
	__u32 ifindex;
	__u64 netns_cookie;
	char name[16];		/* at attach; a rename does not matter */
	__u32 mode;		/* enum fl_mode, never AUTO */
	__u32 tc_kind;		/* enum fl_tc_kind */
	__u32 tc_priority[FL_SIDES];	/* 0: no filter on this side */
	__u32 tc_handle;
	__u32 clsact_created;
	__u32 late;		/* the program for tickets is at tc ingress */
	__u32 flows;		/* promised; slots = FL_SLOTS_PER_FLOW times */
	__u32 layer3;		/* no link header on this device */
	__u32 exact;		/* the two below are to be restored */
	__u32 gso_max_segs;	/* before --exact made it 1 */
	__u32 no_guards;
	__u64 seed;
	__u64 epoch_ns;		/* CLOCK_REALTIME of attach */
	__u64 offloads_off[4];	/* feature bits that --exact cleared */
	__u16 guard_ports[FL_GUARD_PORTS];	/* TCP, this side; 0: unused */
	__u64 next_age;
	__u32 next_id;		/* where the search for a free id begins */
};

/* Map "specs", by rule id: the rule in full, for list and for compiling. */
struct fl_spec {
	struct fl_rule rule;
	__u32 version;		/* of the id, see FL_ID_VERSIONS */
	__u32 pad;
	struct fl_counters base[FL_SIDES]; /* of the id when the rule began */
};
