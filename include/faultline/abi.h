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

#include "fate.h"
#include "kinds.h"
#include "side.h"

#define FL_ABI_VERSION 9 /* bump on any change of this file or maps.def */

#define FL_P_ONE 0xffffffffu
#define FL_NEVER (~0ull) /* a time that does not come */

#define FL_RULES_MAX 16384	  /* user's rules on one device */
#define FL_HOLDS_MAX 1024	  /* of them, rules that hold packets */
#define FL_GUARDS_MAX 64	  /* built-in exemptions, placed before them */
#define FL_TRACE_WORDS (1u << 17) /* of 64 packets, all rules together */
#define FL_TABLES 16		  /* distributions on one device, with ours */
#define FL_TABLE_VALUES 16384
#define FL_TABLE_SCALE 8192 /* in a table: one standard deviation */

#define FL_PORT_NONE 65536 /* "port" of a packet without ports */
#define FL_VLAN_NONE 4096  /* "vlan" of an untagged packet */

/*
 * With the promised number of flows the table is half full, and one flow in
 * 10^5 finds the 32 slots of its set taken.
 */
#define FL_FLOW_WAYS 32
#define FL_SLOTS_PER_FLOW 2

enum fl_end { FL_SRC, FL_DST, FL_ENDS };

enum fl_reason {
#define REASON(id, ...) FL_REASON_##id,
#include "reasons.def"
#undef REASON
	FL_REASONS
};

enum fl_field {
#define FIELD(id, ...) FL_FIELD_##id,
#include "fields.def"
#undef FIELD
	FL_FIELDS
};

/* Bits of the fields of LEVEL PACKET. */
enum {
	FL_PACKET_FIELDS = 0
#define FL_BIT_FLOW(id)
#define FL_BIT_PACKET(id) | 1u << FL_FIELD_##id
#define FIELD(id, words, type, level, ...) FL_BIT_##level(id)
#include "fields.def"
#undef FIELD
#undef FL_BIT_FLOW
#undef FL_BIT_PACKET
};

enum fl_mode {
	FL_MODE_AUTO,
	FL_MODE_NATIVE,	 /* XDP in the driver */
	FL_MODE_GENERIC, /* XDP after the driver, on socket buffers */
	FL_MODE_TC,	 /* tc at both ends */
	FL_MODES
};

/* How the tc programs are attached. */
enum fl_tc_kind {
	FL_TC_NONE,
	FL_TC_CLSACT, /* classic filter: loss is TC_ACT_STOLEN */
	FL_TC_TCX,    /* link: loss is a redirect to no device */
};

/* Places in map "tails". */
enum fl_tail {
#define HOOK(id, name, with_xdp, with_tc)
#define PROG HOOK
#define TAIL(id, name, with_xdp, with_tc) FL_TAIL_##id,
#include "progs.def"
#undef TAIL
#undef PROG
#undef HOOK
	FL_TAILS
};

/* Who keeps packets until they depart. */
enum fl_holder {
	FL_HOLDER_NONE, /* nobody can: rules that hold are refused */
#define HOLDER(id, name, word, waits) FL_HOLDER_##id,
#include "holders.def"
#undef HOLDER
	FL_HOLDERS
};

#include "rule.h"

/* ---- what the datapath reads -------------------------------------------- */

#define FL_ACT_EXEMPT 4u /* a guard: passes, counted as exempt */
#define FL_ACT_DRY_RUN 8u
#define FL_ACT_SHARE 16u	/* only flows_u32 of the flows */
#define FL_ACT_PLAIN 32u	/* only one of fl_is_plain() */
#define FL_ACT_SCOPE 64u	/* state and numbers are the rule's */
#define FL_ACT_CHAIN 128u	/* the state is a chain's, not a number */
#define FL_ACT_SOLE 256u	/* one impairment, without effects */
#define FL_ACT_HOLD 512u	/* what it does not lose it holds */
#define FL_ACT_CONDITIONS 1024u /* not every packet of a flow meets it */

/* What the short way does with a packet of the rule; compile_action() says so
 * of rules that ask for nothing else. */
enum fl_fast {
	FL_FAST_NONE, /* not for the short way */
	FL_FAST_PASS,
	FL_FAST_DROP,
	FL_FAST_LOSS,
	FL_FAST_HOLD, /* what is not lost is held */
};

/*
 * One rule compiled, in two parts. Both are immutable while any generation can
 * reach them, except expiry_ns, which is one aligned store.
 *
 * All that the short way reads; by handle.
 */
struct fl_action {
	__u64 expiry_ns; /* CLOCK_BOOTTIME; FL_NEVER */
	__u64 seed;
	__u32 fast;	     /* enum fl_fast */
	__u32 fast_loss_u32; /* of LOSS and HOLD */
	__u32 share_u32;
	__u16 flags; /* FL_ACT_* */
	__u16 id;    /* of the rule, or FL_ID_* */
};
_Static_assert(sizeof(struct fl_action) == 32, "half a cache line");

/* The rest; by id. */
struct fl_detail {
	__u32 impair_count;
	__u32 wrap_at; /* of the numbered impairment, if any */
	__u32 kept_at; /* index of the impairment with a state, or
				 * FL_DECISIONS_MAX */
	struct fl_conditions conditions;
	struct fl_impair impairs[FL_DECISIONS_MAX];
};

#define FL_TIMING_LINE 1u    /* uses struct fl_line */
#define FL_TIMING_ORDERED 2u /* per flow */
#define FL_TIMING_SPREAD 4u  /* later packets may depart earlier */
#define FL_TIMING_REORDER 8u
#define FL_TIMING_RATE 16u
#define FL_TIMING_SLOT 32u

/* When packets of a rule with FL_ACT_HOLD depart; by rule id. */
struct fl_timing {
	__u32 flags; /* FL_TIMING_* */
	__u32 pad;
	__u64 least_ns; /* no packet is asked to wait less, but for
				 * reordered ones */
	struct fl_delay delay;
	struct fl_reorder reorder;
	struct fl_rate rate;
	struct fl_queue queue;
	struct fl_slot slot;
};

/* Values of a distribution in FL_TABLE_SCALE, ascending. */
struct fl_table {
	__u32 length; /* 1..FL_TABLE_VALUES */
	__s16 value[FL_TABLE_VALUES];
};

/* What the packets of a rule and direction share; by id * FL_SIDES + side. */
struct fl_line {
	struct bpf_spin_lock lock;
	__u32 delay_last; /* of the correlated numbers */
	__u32 reorder_last;
	__u32 gap_count;    /* packets since the last reordered one */
	__u64 free_ns;	    /* when the link has sent all it was given */
	__u64 slot_ns;	    /* when the slot opens */
	__u32 slot_packets; /* gone into it */
	__u32 slot_bytes;
};

/* Delays that were kept, from fl_timing.least_ns on: see histogram.h. */
#define FL_HISTOGRAM 400

/* Counters of held packets, by id * FL_SIDES + side; mmapped. All but held
 * only grow, and are never reset. */
struct fl_holding {
	__u64 released; /* packets gone on */
	__u64 late;	/* of them, FL_LATE_NS or more too late */
	__u64 delay_ns; /* sum over them: from arrival to departure */
	__u64 held;	/* now; right to the packet as long as the
				 * holder loses none */
	__u64 last_ns;	/* greatest departure asked for */
	__u64 histogram[FL_HISTOGRAM];
};
#define FL_LATE_NS 1000000

/*
 * A candidate names a rule in 16 bits: by its handle, and whether it keeps a
 * number per flow. Handles are given in turn, so that one is given again only
 * after FL_HANDLES - FL_RULES_MAX rules or more: a flow which slept over del
 * and add does not take the new rule for the old.
 */
#define FL_HANDLE_MASK 0x7fffu
#define FL_CAND_NUMBERED 0x8000u
#define FL_CAND(handle, numbered) \
	((__u16)((__u32)(handle) | (numbered ? FL_CAND_NUMBERED : 0)))
#define FL_CAND_NONE 0xffffu	    /* no (further) rule */
#define FL_CAND_MORE 0xfffeu	    /* did not fit: walk for each packet */
#define FL_HANDLES 0x7ff0u	    /* of rules; above: */
#define FL_HANDLE_EXEMPT FL_HANDLES /* all guards share it */
#define FL_HANDLE_UNMATCHED FL_HANDLE_MASK /* of FL_CAND_NONE */
#define FL_ACTIONS (FL_HANDLE_MASK + 1)	   /* a mask is check enough */

/*
 * What a device keeps of a rule has the rule's id as its index, and what is
 * kept by direction id * FL_SIDES + side. A rule that holds packets has an id
 * below FL_HOLD_IDS. Ids that only count, and belong to no rule:
 */
#define FL_ID_EXEMPT 0
#define FL_ID_UNMATCHED 1
#define FL_ID_UNPARSED 2
#define FL_ID_FIRST 3 /* of a rule */
#define FL_HOLD_IDS (FL_ID_FIRST + FL_HOLDS_MAX)

/*
 * What is large for each rule is made when there are as many rules: the specs
 * and counters of the first ids are there from the beginning, and those of more
 * come in blocks.
 */
#define FL_IDS_PLAIN 2048
#define FL_ID_BLOCK 4096
#define FL_ID_BLOCKS 4
#define FL_IDS (FL_IDS_PLAIN + FL_ID_BLOCKS * FL_ID_BLOCK)

_Static_assert(FL_IDS - FL_HOLD_IDS > FL_RULES_MAX,
	       "rules never take the places of those that hold");

/* A bit for each. */
struct fl_ids {
	__u64 words[FL_IDS / 64];
};

/*
 * Per CPU. Written from the bottom up (packets first, a reason last) and read
 * from the top down, so a copy in which packets equals the sum of reason[] was
 * taken between two packets and is consistent.
 */
struct fl_counters {
	__u64 reason[FL_REASONS];
	__u64 effect[FL_EFFECTS];
	__u64 would_effect[FL_EFFECTS]; /* dry-run: what it would have done */
	__u64 would_drop; /* dry-run: passed, but would have been lost */
	/* Aggregates, also those that the rule did not take, of which its
	 * conditions would have been true of some packets only. */
	__u64 mixed;
	__u64 aggregates; /* buffers of several packets: one decision each */
	__u64 segments;	  /* wire packets; of generic XDP: at least */
	__u64 bytes;	  /* of frames, link header included */
	__u64 packets;	  /* decisions: one socket buffer or XDP frame */
	/* By the short way: in bytes, and in nothing else above. */
	__u64 fast_passed, fast_dropped;
};

/* What left the flow table or never got in; per CPU and side. */
struct fl_tally {
	__u64 evicted_flows;
	__u64 evicted_ruled; /* of these, flows that a rule matched: the packets
			      * of one that comes back are numbered anew */
	__u64 evicted_packets, evicted_bytes, evicted_dropped;
	__u64 evicted_effect[FL_EFFECTS];
	__u64 untracked_packets, untracked_bytes, untracked_dropped;
	__u64 untracked_effect[FL_EFFECTS];
	__u64 fragments; /* later fragments: no ports, L3 rules only */
};

/* ---- flow table --------------------------------------------------------- */

#include "flow.h"

/* What was done to packets of a flow that went on, but for delays; by slot, for
 * those slots only that had such a flow. */
struct fl_flow_effects {
	__u64 effect[FL_SIDES][FL_EFFECTS];
};

/* Of the packets of a flow that were held, in each direction; by slot. */
struct fl_flow_held {
	__u64 last_ns[FL_SIDES]; /* latest departure, CLOCK_MONOTONIC, for
				  * "ordered" */
	__u64 delayed[FL_SIDES]; /* FL_EFFECT_DELAYED: more frequent than all
				  * other effects */
};

/*
 * State that the flows of a rule share, by rule id: "scope rule", netem's
 * generator, and flows that have no state of their own.
 */
#define FL_CHAIN_WORDS 5
#define FL_NETEM_BATCHES 8 /* a power of two */
struct fl_chain {
	struct bpf_spin_lock lock; /* of netem's generator */
	__u32 state[FL_CHAIN_WORDS];
	__u64 packets; /* that the rule has numbered */
	/* What netem's generator said, a bit for each of 64 packets. */
	__u64 batch_count;
	__u64 batches[FL_NETEM_BATCHES]; /* the latest */
};
#include "control.h"

/* ---- device record, kept in map "device" -------------------------------- */

#define FL_GUARD_PORTS 8

enum fl_device_state {
	FL_DEVICE_CHANGING, /* being attached or detached: not whole */
	FL_DEVICE_ATTACHED,
};

struct fl_device {
	__u32 abi_version;
	__u32 state; /* enum fl_device_state */
	__u32 ifindex;
	__u64 netns_cookie;
	char name[16];		     /* at attach; a rename does not matter */
	__u32 mode;		     /* enum fl_mode, never AUTO */
	__u32 tc_kind;		     /* enum fl_tc_kind */
	__u32 tc_priority[FL_SIDES]; /* 0: no filter on this side */
	__u32 tc_handle;
	__u32 clsact_created;
	__u32 late;	    /* the program for tickets is at tc ingress */
	__u32 holder;	    /* enum fl_holder */
	__u32 ways;	    /* its devices are there, or were begun */
	__u32 probed;	    /* FL_DIR_*, of which a packet has come back */
	__u32 held_max;	    /* packets held at once */
	__u32 flows;	    /* promised; slots = FL_SLOTS_PER_FLOW times */
	__u32 layer3;	    /* no link header on this device */
	__u32 loopback;	    /* the device is lo */
	__u32 routeless;    /* and the two below are to be restored */
	__u32 accept_local; /* before packets without a route were let in */
	__u32 route_localnet;
	__u32 exact;	    /* the two below are to be restored */
	__u32 gso_max_segs; /* before --exact made it 1 */
	__u32 no_guards;
	__u64 seed;
	__u64 epoch_ns;	       /* CLOCK_REALTIME of attach */
	__u64 offloads_off[4]; /* feature bits that attach cleared */
	__u16 guard_ports[FL_GUARD_PORTS]; /* TCP, this side; 0: unused */
	__u64 next_age;
	/* Where the search for a free one begins: see roster.c. */
	__u32 next_handle, next_hold_id, next_id;
	/* Ids that rules had since the last grace period: programs that run
	 * may still look at what is kept under them. */
	struct fl_ids resting;
};

/* Map "specs", by rule id: the rule in full, for list and for compiling. */
struct fl_spec {
	struct fl_rule rule;
	__u16 handle;
	__u16 pad[3];
	/* Counters of the id when the rule began. */
	struct fl_counters base[FL_SIDES];
};
