/* SPDX-License-Identifier: GPL-2.0-only */
/* Sums and differences of counters that were read. Pure. */
#pragma once

#include <faultline/abi.h>

void counters_add(struct fl_counters *to, const struct fl_counters *from);
void counters_subtract(struct fl_counters *from,
		       const struct fl_counters *what);

/*
 * An effect that could not be carried out is taken back, maybe on another CPU
 * and only after this rule began with its slot's counts: never below 0.
 */
void counters_settle(struct fl_counters *counters);

/*
 * Held packets become passed, @released of them, and dropped, @lost of the
 * rest.
 */
void counters_release(struct fl_counters *counters, __u64 released, __u64 lost);

/* Everything that did not go on and is not held, whoever was told. */
__u64 counters_dropped(const struct fl_counters *counters);

/* Both directions as one. */
struct fl_counters counters_both(const struct fl_counters side[FL_SIDES]);
struct fl_tally tally_both(const struct fl_tally side[FL_SIDES]);

/* What @now has more than @base; but for held and last_ns, which are now. */
void holding_since(struct fl_holding *now, const struct fl_holding *base);
