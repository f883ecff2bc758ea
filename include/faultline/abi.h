/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel programs and user space share: map values, enums, limits.
 * Data only, no functions. Integers are in host byte order unless the name
 * ends in _be. Fractions are u32 of 2^32-1, named *_u32: 0 is never, FL_P_ONE
 * is always, exactly.
 */
#pragma once

#include <linux/types.h>

#define FL_ABI_VERSION	1	/* bump on any change of this file */

#define FL_P_ONE	0xffffffffu

#define FL_RULES_MAX	1024	/* user's rules on one device */
#define FL_GUARDS_MAX	64	/* built-in exemptions, placed before them */
#define FL_POSITIONS	(FL_RULES_MAX + FL_GUARDS_MAX)
#define FL_WORDS	(FL_POSITIONS / 64)
#define FL_NAME_LEN	24	/* with the closing NUL */
#define FL_IMPAIRS_MAX	3	/* impairments in one rule */
#define FL_PATTERN_BITS	128

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

enum fl_impair_kind {
	FL_IMPAIR_NONE,
#define IMPAIR(id, words, category, directions, stateful, function, help) \
	FL_IMPAIR_##id,
#define PARAM(id, member, type, min, max, argument, json, help)
#include "impairs.def"
#undef IMPAIR
#undef PARAM
	FL_IMPAIR_KINDS
};

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
};

struct fl_impair {
	__u32 kind;		/* enum fl_impair_kind */
	__u32 wrap_at;		/* see fl_number_wrap() */
	union fl_params u;
};

#define FL_RULE_DRY_RUN	1u	/* counts what it would have done */
#define FL_RULE_SEEDED	2u	/* the user gave the seed */

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
};

/* ---- what the datapath reads -------------------------------------------- */

#define FL_ACT_CONDITIONS 1u	/* has packet-level conditions */
#define FL_ACT_STATE	2u	/* needs the packet's number in this rule */
#define FL_ACT_EXEMPT	4u	/* a guard: passes, counted as exempt */
#define FL_ACT_DRY_RUN	8u
#define FL_ACT_SHARE	16u	/* only flows_u32 of the flows */

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
	__u64 would_drop;	/* dry-run: passed, but would have been lost */
	__u64 segments;		/* wire packets: gso_segs of each buffer */
	__u64 bytes;		/* of frames, link header included */
	__u64 packets;		/* decisions: one socket buffer or XDP frame */
};

/* What left the flow table or never got in; per CPU and side. */
struct fl_tally {
	__u64 evicted_flows;
	__u64 evicted_packets, evicted_bytes, evicted_dropped;
	__u64 untracked_packets, untracked_bytes, untracked_dropped;
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

_Static_assert(sizeof(struct fl_flow) == 64, "a cache line");
_Static_assert(sizeof(struct fl_flow_more) == 64, "a cache line");

/* ---- compiled ruleset --------------------------------------------------- */

/*
 * Which rules a value of one dimension lets through, bit per position.
 * all[]: rules whose own constraint on this dimension holds (or is absent).
 * any[]: rules with an either-end constraint ("host", "port") that holds at
 * this end, and every rule without one. A rule matches when it is in all[] of
 * every dimension and in any[] of at least one end.
 */
struct fl_class {
	__u64 all[FL_WORDS];
	__u64 any[FL_WORDS];
};

struct fl_intervals4 {
	__u32 start[FL_INTERVALS_MAX];	/* sorted; padded with the last */
	__u16 class_of[FL_INTERVALS_MAX];
};

struct fl_intervals6 {
	__u64 start_high[FL_INTERVALS_MAX];
	__u64 start_low[FL_INTERVALS_MAX];
	__u16 class_of[FL_INTERVALS_MAX];
};

/* One half of map "rulesets": the half in force is generation & 1. */
struct fl_ruleset {
	__u32 rule_count;	/* user's rules: entries of rule_ids */
	__u32 position_count;	/* guards and rules in either direction */
	__u32 has_rules[FL_SIDES]; /* 0: nothing can match on this side */
	__u16 rule_ids[FL_RULES_MAX];
	__u16 cand_of[FL_POSITIONS];
	__u64 valid[FL_SIDES][FL_WORDS];
	struct fl_intervals4 v4[FL_SIDES][FL_ENDS];
	struct fl_intervals6 v6[FL_SIDES][FL_ENDS];
	__u16 port_class[FL_SIDES][FL_ENDS][65536]; /* by host-order port */
	__u16 port_none[FL_SIDES][FL_ENDS];	/* packets without ports */
	__u16 proto_class[FL_SIDES][256];
	__u16 vlan_class[FL_SIDES][FL_VLANS];
	struct fl_class classes[FL_CLASSES_MAX];
};

_Static_assert(sizeof(struct fl_ruleset) < 4 << 20,
	       "6.1 refuses array values above 4 MiB");

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
