/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading per-CPU counters consistently while they run. */
#pragma once

#include <stddef.h>

#include <faultline/abi.h>

/* Entry @index of the map, summed over CPUs. Negative errno. */
int counters_read(int map_fd, __u32 index, struct fl_counters *sum);

/* Entries 0 to @count - 1, summed over CPUs, with few system calls. */
int counters_read_all(int map_fd, struct fl_counters *sums, size_t count);

int tally_read(int map_fd, __u32 side, struct fl_tally *sum);

void counters_add(struct fl_counters *to, const struct fl_counters *from);
void counters_subtract(struct fl_counters *from,
		       const struct fl_counters *what);

/*
 * An effect that could not be carried out is taken back, maybe on another CPU
 * and only after this rule began with its slot's counts: never below 0.
 */
void counters_settle(struct fl_counters *counters);

/*
 * Of the packets that were held, @released went on and @lost of the rest got
 * lost: they become passed and dropped.
 */
void counters_release(struct fl_counters *counters, __u64 released, __u64 lost);

/* Everything that did not go on and is not held, whoever was told. */
__u64 counters_dropped(const struct fl_counters *counters);

/* Both directions as one. */
struct fl_counters counters_both(const struct fl_counters side[FL_SIDES]);
struct fl_tally tally_both(const struct fl_tally side[FL_SIDES]);

/* What @now has more than @base; but for held and last_ns, which are now. */
void holding_since(struct fl_holding *now, const struct fl_holding *base);
