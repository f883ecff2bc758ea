/* SPDX-License-Identifier: GPL-2.0-only */
/* What one packet asks of the holder, and what is counted of it after. */
#pragma once

#include <faultline/histogram.h>

#include "ticket.h"

enum hold_result {
	HOLD_TAKEN,  /* is to be redirected to the holder */
	HOLD_CLONED, /* is with the holder; what is left goes nowhere */
	HOLD_FULL,
	HOLD_NOBODY, /* no holder: it is as if nothing had been asked */
};

/* Of a copy, which is counted nowhere: no rule's id, nor what is left of it
 * where an id has HOLD_ID_BITS. */
#define HOLD_ID_NOBODY 0xffffu

/* The key of an ask. */
#define HOLD_ID_BITS 11
#define HOLD_KEY_BITS (32 - HOLD_ID_BITS)
#define HOLD_KEY_MASK ((1u << HOLD_KEY_BITS) - 1)
#define HOLD_KEY_OWN (1u << (HOLD_KEY_BITS - 1)) /* not a rule's id */

_Static_assert(FL_HOLD_IDS < 1 << HOLD_ID_BITS, "one is left for nobody");

/* When the rule is over and all is quiet, nothing can be held any more. */
#define HOLD_QUIET_NS 1000000000ull

/* What one packet asks of the holder. */
struct hold_ask {
	__u64 arrival_ns, departure_ns;
	__u32 id;  /* of the rule, or HOLD_ID_NOBODY */
	__u32 key; /* packets of one key leave in order */
	__u32 side;
};

/* One more was let go, @late_ns after its time; it had waited @delay_ns. */
FL_INLINE void hold_released(struct fl_holding *holding,
			     const struct fl_timing *timing, __u64 delay_ns,
			     __u64 late_ns)
{
	__u32 bucket = fl_histogram_beyond(delay_ns, timing->least_ns);

	if (late_ns >= FL_LATE_NS)
		__sync_fetch_and_add(&holding->late, 1);
	__sync_fetch_and_add(&holding->delay_ns, delay_ns);
	FL_FORGET(bucket);
	if (bucket < FL_HISTOGRAM)
		__sync_fetch_and_add(&holding->histogram[bucket], 1);
	/* Last: whoever reads the sums first never divides too many. */
	__sync_fetch_and_add(&holding->released, 1);
}
