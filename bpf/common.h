/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What every stage needs, for BPF and for the host: the reference model of
 * the tests compiles the same stages with its own maps.h.
 */
#pragma once

#include <linux/types.h>

#include <bpf/bpf_endian.h>

#include <faultline/abi.h>
#include <faultline/impair/impair.h>
#include <faultline/parsed.h>
#include <faultline/ruleset.h>

#define FL_INLINE static inline __attribute__((always_inline))
/*
 * A global function is verified once, by itself, not anew in each iteration
 * of a loop that calls it. Off the hot path only: a return costs 7 ns where
 * the CPU is mitigated.
 */
#ifdef __bpf__
#define FL_GLOBAL __attribute__((noinline))
#else
#define FL_GLOBAL static __attribute__((noinline, unused))
#endif

#define fl_likely(x) __builtin_expect(!!(x), 1)
#define fl_unlikely(x) __builtin_expect(!!(x), 0)

/* Eight bytes looked at as one, whatever they were declared as. */
typedef __u64 __attribute__((may_alias)) fl_word;

/*
 * @x, as far as the verifier knows any value at all. It follows every
 * combination of constants separately; the parser leaves so many that the
 * rest of the program would be verified a thousand times.
 */
#ifdef __bpf__
volatile __u32 fl_zero;
/* Added, because before 6.10 an OR with the unknown loses all bounds. */
#define FL_OPAQUE(x) ((x) + fl_zero)
#else
#define FL_OPAQUE(x) (x)
#endif

/*
 * Calls @step(i, @context) for i from 0 until it returns 1, at most @count
 * times. The verifier goes through @step once, where it would go through a
 * loop as often as that runs. Off the hot path only, as each step is a call.
 * What a step remembers for the next, and branches on, must not be on the
 * stack: before 6.6 the verifier takes it for what it was at the first step.
 */
#ifdef __bpf__
#define fl_repeat(count, step, context) bpf_loop(count, step, context, 0)
#else
#define fl_repeat(count, step, context)                \
	({                                             \
		for (__u32 i_ = 0; i_ < (count); i_++) \
			if (step(i_, context))         \
				break;                 \
	})
#endif

/* Before a loop that is to stay one: unrolled, each turn would have a place of
 * its own on the stack. */
#ifdef __bpf__
#define FL_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define FL_ROLLED
#endif

/*
 * What the compiler knew of @x it forgets, so that it cannot prove away a mask
 * or a check which the verifier needs.
 */
#define FL_FORGET(x) __asm__ volatile("" : "+r"(x))

/* The compiler moves no access to memory across it. The CPUs that we know order
 * loads among each other, and stores among each other. */
#define FL_IN_ORDER() __asm__ volatile("" ::: "memory")

/* All of the frame that the parser may look at. */
struct fl_frame {
	void *data, *end;
	__u32 length;	    /* of the whole frame; 0: not known yet */
	__u32 vlan;	    /* tag the NIC took off, or FL_VLAN_NONE */
	__u32 layer3_proto; /* ethertype (host order) without link header */
};

/* What is still to be done to a packet once its fate is decided. */
struct fl_work {
	__u64 draw; /* the rule's, for this packet */
	__u64 fate; /* see fate.h */
	__u32 index, id, side;
};

/* All that the long way to a decision wants to know. */
struct fl_turn {
	struct fl_impair_in in;
	__u64 fate; /* so far */
	__u32 handle, id, index, side, slot;
	struct fl_parsed other; /* of an aggregate, another of its packets */
};

/*
 * Where a packet is written anew. A packet is at most FL_SCRATCH bytes; behind
 * it there is room to read in blocks.
 */
#define FL_SCRATCH 16384
#define FL_SCRATCH_BLOCK 512
struct fl_scratch {
	__u8 packet[FL_SCRATCH + FL_SCRATCH_BLOCK];
	struct fl_turn turn;
	struct fl_work work; /* on its way to faultline_effect */
};
