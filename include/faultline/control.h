/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What programs and commands tell each other while a device is attached. Part
 * of abi.h.
 */
#pragma once

#include <linux/types.h>

#include "side.h"

#define FL_PROBE_BYTES 64
#define FL_PROBE_DELAY_NS 1000000ull

/* Switched by one 32-bit store; mmapped by user space. */
struct fl_control {
	__u32 generation; /* 1 to FL_GEN_LAST, then from 1 again */
	__u32 pad;
	__u64 untracked; /* numbers packets of flows that have no slot */
	/* ifindex to which held packets go; 0 until it is ready. */
	__u32 out_device[FL_SIDES];
	__u64 pad2[4];		 /* what is above is read for each packet, and
				 * what is below written: not one cache line */
	__u64 held[FL_SIDES];	 /* now, by fq; right to the packet as long as
				 * none is lost on the way */
	__u64 last_ns[FL_SIDES]; /* greatest departure asked of it */
	/* The hold process. */
	__u64 beat_ns;	/* CLOCK_MONOTONIC of the process, its
				 * heartbeat; 0: there is none */
	__u64 given_ns; /* the first packet given to it while it sleeps; 0 */
	__u32 room;	/* FL_HELD_UNITS that it could still take */
	__u32 stop;	/* asks it to let all go and end */
	__u32 process;	/* pid of its worker */
	__u32 supervisor;
	__u64 robust_next;    /* its list of robust futexes, see
				 * get_robust_list(2); right behind: */
	__u32 owner;	      /* tid of the worker, until it ends or dies: then
				 * FUTEX_OWNER_DIED, by the kernel */
	__u32 refused;	      /* it could not take the device in */
	__u64 lost[FL_SIDES]; /* packets that it took and lost */
	/* A frame that is to come back from the holder: see bpf/probe.h. */
	__u32 probing;
	__u32 probes[FL_SIDES]; /* how many did */
	/* XDP could not put a ticket in front of a packet: the driver has no
	 * room for metadata. */
	__u32 no_tickets;
	__u64 probe[FL_PROBE_BYTES / 8];
};
#define FL_BEAT_STALE_NS 50000000ull /* after which nobody is there */
#define FL_BEAT_ASLEEP (~0ull)	     /* until a packet is given to it */

/* Whether the process is there, or has not slept for too long with a packet to
 * take. */
static inline __attribute__((always_inline)) int
fl_beats(__u64 beat_ns, __u64 given_ns, __u64 now_ns)
{
	__u64 last_ns = beat_ns == FL_BEAT_ASLEEP ? given_ns : beat_ns;

	if (!last_ns)
		return beat_ns == FL_BEAT_ASLEEP;
	/* The last beat may be younger than our look at the clock. */
	return (__s64)(now_ns - last_ns) <= (__s64)FL_BEAT_STALE_NS;
}

/*
 * What a packet that comes back from the hold process is to have of its own.
 * A VLAN tag in front of its own ones says which one of them; it has none when
 * that would be the first, which is always 0, and it has no tags of its own.
 */
struct fl_label {
	__u32 mark, priority;
};
#define FL_LABELS 512 /* a page; a power of two */

/* A tick, and CLOCK_BOOTTIME when it was first seen. */
struct fl_clock {
	__u64 jiffies, boot_ns;
};

/* A bit to turn over where the program does not see the packet. */
struct fl_flip {
	__u32 at;    /* its byte in the frame; 0: there is none */
	__u32 sum;   /* the checksum that is to stay good; 0: none */
	__u32 upper; /* where the bytes under that begin */
	__u8 mask;
	__u8 sum_is_optional; /* 0 says that there is none, as in UDP */
	__u16 pad;
};

/* What a program that is only run is told, and says, of its packet. */
struct fl_replayed {
	__u64 now_ns;	    /* the packet's time, set before */
	__u64 departure_ns; /* of a packet that is held, in its time */
	__u64 copy_ns;	    /* of its copy, or FL_NEVER: lost */
	__u64 fate;	    /* see fate.h */
	__u32 id;	    /* of the rule that holds it */
	__u32 wire_length;  /* of the frame, set before where the program does
			     * not see all of it */
	__u32 captured;	    /* bytes of it that are known, set before */
	__u32 pad;
	struct fl_flip flip;
};
