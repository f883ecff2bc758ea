/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flow table: one entry per connection, oriented local/remote, so that both
 * directions share it. An entry is three parts of the same index: a hot one for
 * each direction, in "flows" and "flows_out", all that a packet of the short
 * way touches where the direction has an owner, and a cold one in "flows_more".
 * The word of the incoming part is the lock of all three.
 *
 * An owner is the CPU that counts the packets of one direction of the flow, in
 * the hot part with plain stores. Nobody else counts there. All other
 * counting is atomic and in the cold part. bpf/owner.h says how owners change.
 */
#pragma once

#include <linux/types.h>

#define FL_CANDS 4
#define FL_STATES 2 /* numbered rules per flow and direction */

struct fl_flow_side {
	/* Without those that fl_flow.counts has. FL_OWNED is added while the
	 * side has an owner. */
	__u64 packets, bytes, dropped;
	__u16 cand[FL_CANDS];	/* candidate rules, best first */
	__u32 state[FL_STATES]; /* of the first numbered candidates */
	__u32 sequence; /* odd while counts move from one part to the other */
	__u16 user;	/* CPU + 1 that last counted here, or owns it */
	__u16 since;	/* jiffies, low bits: since then no other CPU has */
};

/* In fl_flow_side.packets: the numbers come from the side's owner, and nobody
 * else may add to them. */
#define FL_OWNED (1ull << 63)

/* Upper half of fl_flow.word. */
#define FL_GEN_EMPTY 0u	     /* never used */
#define FL_GEN_LAST 0xfff0u  /* after it comes 1 + (it & 1) */
#define FL_GEN_STALE 0xfffeu /* candidates to be found anew */
#define FL_GEN_BUSY 0xffffu  /* somebody is writing the slot */

/* @generation and the side's first candidate, as one word. */
#define FL_WORD(generation, cand) ((__u32)(generation) << 16 | (__u16)(cand))
#define FL_WORD_GENERATION(word) ((__u32)(word) >> 16)

/* Bits of fl_flow.tuple. The low 12 are the VLAN of a tagged flow, which never
 * has an owner, and of others the owner. */
#define FL_TUPLE_VLAN 0xfffull
#define FL_TUPLE_OWNER 0xfffull /* the CPU's number + 1; 0: none */
#define FL_TUPLE_V6 (1u << 12)
#define FL_TUPLE_FRAGMENT (1u << 13)
#define FL_TUPLE_TAGGED (1u << 14)
#define FL_TUPLE_VALID (1u << 15) /* so that no tuple is 0 */
#define FL_TUPLE_EPOCH_SHIFT 16
#define FL_TUPLE_EPOCH (0xffull << FL_TUPLE_EPOCH_SHIFT)
#define FL_OWNERS_MAX 0xffeu /* CPUs above this own nothing */

struct fl_flow {
	__u64 w0;     /* v4: local_be << 32 | remote_be
		       * v6: keyed hash of the addresses */
	__u64 tuple;  /* local_port_be << 48 | remote_port_be << 32 |
		       * proto << 24 | epoch << 16 | FL_TUPLE_* */
	__u32 word;   /* FL_WORD() */
	__u32 seen;   /* jiffies, low half */
	__u64 counts; /* the owner's, FL_HOT_* */
};

/*
 * fl_flow.counts: 31 bits of packets, 9 of dropped packets, 24 of bytes. Who
 * sets the top bit of one moves that field on. A packet's number is
 * epoch * FL_EPOCH_PACKETS + packets before it.
 */
#define FL_HOT_PACKET 1ull
#define FL_HOT_DROPPED (1ull << 31)
#define FL_HOT_BYTE (1ull << 40)
#define FL_HOT_PACKETS (FL_HOT_DROPPED - 1)
#define FL_HOT_SPILL (1ull << 30 | 1ull << 39 | 1ull << 63)
#define FL_EPOCH_PACKETS (1ull << 30)
/* More packets than that, and a flow has no owner any more. */
#define FL_OWNED_MAX (255 * FL_EPOCH_PACKETS)

struct fl_flow_more {
	struct fl_flow_side in;
	__u64 v6[4]; /* remote low, remote high, local high, local low */
	struct fl_flow_side out;
};

_Static_assert(sizeof(struct fl_flow) == 32, "half a cache line");
_Static_assert(sizeof(struct fl_flow_more) == 128, "two cache lines");

/* Per CPU: what its programs are doing. */
struct fl_run {
	__u32 owner; /* its name in a tuple; 0: it owns no flow */
	__u32 set;   /* set of flows + 1 in which it may be at work; 0: none */
	__u32 walks; /* odd while it reads the ruleset, see bpf/walk.h */
	__u32 pad;
};

/* Owned, by whom: 0 is nobody. */
static inline __attribute__((always_inline)) __u32 fl_flow_owner(__u64 tuple)
{
	return tuple & FL_TUPLE_TAGGED ? 0 : (__u32)(tuple & FL_TUPLE_OWNER);
}

/* The tuple as the key has it: without owner and epoch. */
static inline __attribute__((always_inline)) __u64 fl_flow_plain(__u64 tuple)
{
	return tuple & FL_TUPLE_TAGGED ?
		       tuple :
		       tuple & ~(FL_TUPLE_OWNER | FL_TUPLE_EPOCH);
}

/* Packets that the owner has numbered so far. */
static inline __attribute__((always_inline)) __u64
fl_flow_numbered(__u64 tuple, __u64 counts)
{
	return ((tuple & FL_TUPLE_EPOCH) >> FL_TUPLE_EPOCH_SHIFT) *
		       FL_EPOCH_PACKETS +
	       (counts & FL_HOT_PACKETS);
}

/* What was counted on a side, in its hot part @flow and its cold one @more. */
static inline struct fl_flow_side
fl_flow_counted(const struct fl_flow *flow, const struct fl_flow_side *more)
{
	struct fl_flow_side sum = *more;
	/* Each once: the owner counts on meanwhile. */
	__u64 tuple = *(const volatile __u64 *)&flow->tuple;
	__u64 counts = *(const volatile __u64 *)&flow->counts;

	if (!fl_flow_owner(tuple))
		return sum;
	sum.packets += fl_flow_numbered(tuple, counts) - FL_OWNED;
	sum.dropped += counts % FL_HOT_BYTE / FL_HOT_DROPPED;
	sum.bytes += counts / FL_HOT_BYTE;
	return sum;
}
