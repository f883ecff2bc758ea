/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading per-CPU counters consistently while they run: each returns sums over
 * CPUs. Negative errno.
 */
#pragma once

#include <stddef.h>

#include <faultline/abi.h>

/* Entry @index of the map. */
int counters_read(int map_fd, __u32 index, struct fl_counters *sum);

/* Entries 0 to @count - 1, with few system calls. */
int counters_read_all(int map_fd, struct fl_counters *sums, size_t count);

/* What left the flow table of @side or never got in. */
int tally_read(int map_fd, __u32 side, struct fl_tally *sum);
