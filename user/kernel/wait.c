/* SPDX-License-Identifier: GPL-2.0-only */
/* Waiting for programs that run. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "obj.h"

/* A store is visible long before: see bpf/owner.h. */
#define SETTLE_NS 20000
/* A ruleset is read in microseconds, unless the CPU is stopped meanwhile. */
#define LOOKS 16

/*
 * An update of a map of maps waits for a grace period before it returns
 * (maybe_wait_bpf_programs()); the kernel promises that.
 */
int obj_wait_programs(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	int inner, outer = -1, err = 0;
	__u32 zero = 0;

	inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "fl_inner", 4, 4, 1, NULL);
	if (inner < 0)
		return -errno;
	options.inner_map_fd = (__u32)inner;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "fl_outer", 4, 4, 1,
			       &options);
	if (outer < 0 || bpf_map_update_elem(outer, &zero, &inner, BPF_ANY))
		err = -errno;
	if (outer >= 0)
		close(outer);
	close(inner);
	return err;
}

bool obj_is_realtime(void)
{
	struct utsname name;

	return !uname(&name) && strstr(name.version, "PREEMPT_RT");
}

static int look(int runs_fd, struct fl_run *runs)
{
	const struct timespec settle = { .tv_nsec = SETTLE_NS };

	nanosleep(&settle, NULL);
	return obj_map_read(runs_fd, 0, runs);
}

/* Whether a walk that @before shows goes on still. */
static bool is_walking(const struct fl_run *before, const struct fl_run *now,
		       int cpus)
{
	for (int cpu = 0; cpu < cpus; cpu++)
		if (before[cpu].walks & 1 &&
		    before[cpu].walks == now[cpu].walks)
			return true;
	return false;
}

int obj_wait_walks(int runs_fd)
{
	int err, cpus = libbpf_num_possible_cpus();
	struct fl_run *before, *now;
	bool walking = true;

	/* Where programs preempt each other, they share the announcement. */
	if (obj_is_realtime())
		return obj_wait_programs();
	if (cpus < 0)
		return cpus;
	before = calloc((size_t)cpus * 2, sizeof(*before));
	if (!before)
		return -ENOMEM;
	now = before + cpus;
	err = look(runs_fd, before);
	memcpy(now, before, (size_t)cpus * sizeof(*now));
	for (int i = 0; !err && i < LOOKS; i++) {
		walking = is_walking(before, now, cpus);
		if (!walking)
			break;
		err = look(runs_fd, now);
	}
	free(before);
	return err || !walking ? err : obj_wait_programs();
}
