/* SPDX-License-Identifier: GPL-2.0-only */
#include "counters.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#define TRIES 100 /* to catch an entry between two packets */
#define BATCH 512

_Static_assert(sizeof(struct fl_counters) % 8 == 0, "per-CPU stride");
_Static_assert(sizeof(struct fl_tally) % 8 == 0, "per-CPU stride");

/* Both are counters of 64 bits and nothing else. */
static void words_add(void *to, const void *from, size_t size)
{
	const __u64 *words = from;
	__u64 *sum = to;

	for (size_t i = 0; i < size / sizeof(*sum); i++)
		sum[i] += words[i];
}

/* See struct fl_counters: whether no packet was being counted meanwhile. */
static int is_whole(const struct fl_counters *counters)
{
	__u64 sum = 0;

	for (int i = 0; i < FL_REASONS; i++)
		sum += counters->reason[i];
	return sum == counters->packets;
}

/* What went the short way, into the numbers of all. */
static void unfold(struct fl_counters *counters)
{
	__u64 both = counters->fast_passed + counters->fast_dropped;

	counters->packets += both;
	counters->segments += both;
	counters->reason[FL_REASON_PASSED] += counters->fast_passed;
	counters->reason[FL_REASON_DROPPED] += counters->fast_dropped;
	counters->fast_passed = counters->fast_dropped = 0;
}

/* Unfolds those of all CPUs. Whether none was being counted meanwhile. */
static int unfold_all(struct fl_counters *values, int cpus)
{
	int whole = 1;

	for (int cpu = 0; cpu < cpus; cpu++) {
		unfold(&values[cpu]);
		whole = whole && is_whole(&values[cpu]);
	}
	return whole;
}

static int read_whole(int map_fd, __u32 index, struct fl_counters *values,
		      int cpus)
{
	for (int i = 0; i < TRIES; i++) {
		if (bpf_map_lookup_elem(map_fd, &index, values))
			return -errno;
		if (unfold_all(values, cpus))
			return 0;
	}
	return 0;
}

int counters_read(int map_fd, __u32 index, struct fl_counters *sum)
{
	int err, cpus = libbpf_num_possible_cpus();
	struct fl_counters *values;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	err = read_whole(map_fd, index, values, cpus);
	memset(sum, 0, sizeof(*sum));
	for (int cpu = 0; cpu < cpus && !err; cpu++)
		words_add(sum, &values[cpu], sizeof(*sum));
	free(values);
	return err;
}

/* Sums @count entries that a batch read into @values from @first on. */
static int sum_batch(int map_fd, struct fl_counters *values, __u32 first,
		     __u32 count, int cpus, struct fl_counters *sums)
{
	for (__u32 i = 0; i < count; i++) {
		struct fl_counters *entry = values + (size_t)i * (size_t)cpus;
		int err = 0;

		if (!unfold_all(entry, cpus))
			err = read_whole(map_fd, first + i, entry, cpus);
		if (err)
			return err;
		memset(&sums[first + i], 0, sizeof(*sums));
		for (int cpu = 0; cpu < cpus; cpu++)
			words_add(&sums[first + i], &entry[cpu], sizeof(*sums));
	}
	return 0;
}

int counters_read_all(int map_fd, struct fl_counters *sums, size_t count)
{
	int err = 0, last = 0, cpus = libbpf_num_possible_cpus();
	struct fl_counters *values;
	__u32 keys[BATCH], token = 0, done = 0;
	void *in = NULL;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus * BATCH, sizeof(*values));
	if (!values)
		return -ENOMEM;
	while (!err && !last && done < count) {
		__u32 got = count - done < BATCH ? (__u32)count - done : BATCH;

		if (bpf_map_lookup_batch(map_fd, in, &token, keys, values, &got,
					 NULL)) {
			if (errno != ENOENT) {
				err = -errno;
				break;
			}
			last = 1;
		}
		err = sum_batch(map_fd, values, done, got, cpus, sums);
		done += got;
		in = &token;
	}
	free(values);
	return err;
}

int tally_read(int map_fd, __u32 side, struct fl_tally *sum)
{
	int cpus = libbpf_num_possible_cpus();
	struct fl_tally *values;

	if (cpus < 0)
		return cpus;
	values = calloc((size_t)cpus, sizeof(*values));
	if (!values)
		return -ENOMEM;
	memset(sum, 0, sizeof(*sum));
	if (bpf_map_lookup_elem(map_fd, &side, values)) {
		free(values);
		return -errno;
	}
	for (int cpu = 0; cpu < cpus; cpu++)
		words_add(sum, &values[cpu], sizeof(*sum));
	free(values);
	return 0;
}
