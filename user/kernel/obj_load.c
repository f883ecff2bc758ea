/* SPDX-License-Identifier: GPL-2.0-only */
/* Loading the object: its maps, and the programs over them. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <bpf/bpf.h>

#include <faultline/rng.h>

#include "obj.h"
#include "obj_skel.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

/* Each thread's own. */
static _Thread_local char last_words[160];

/* Keeps libbpf's last warning; the user sees it only when loading fails. */
static int remember(enum libbpf_print_level level, const char *format,
		    va_list args)
{
	char text[sizeof(last_words)];

	if (level != LIBBPF_WARN)
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = 0;
	/* These only wrap the warning that gives the reason. */
	if (!strstr(text, "failed to load object") &&
	    !strstr(text, "failed to load BPF skeleton"))
		memcpy(last_words, text, sizeof(text));
	return 0;
}

static void size_maps(struct faultline_bpf *s, const struct fl_sizes *sizes)
{
#define OF(member) sizes->member
#define MAP(id, name, kind, value, entries, open) [OBJ_##id] = entries,
	const __u32 map_entries[OBJ_MAPS] = {
#include <faultline/maps.def>
	};
#undef MAP
#undef OF

	for (int i = 0; i < OBJ_MAPS; i++) {
		struct bpf_map *map = obj_find_map(s, (enum obj_map)i);

		if (!bpf_map__is_internal(map))
			bpf_map__set_max_entries(map, map_entries[i]);
	}
}

/* By enum fl_tail. */
static const enum obj_prog tails[FL_TAILS] = {
#define HOOK(id, name, with_xdp, with_tc)
#define PROG HOOK
#define TAIL(id, name, with_xdp, with_tc) [FL_TAIL_##id] = OBJ_##id,
#include <faultline/progs.def>
#undef TAIL
#undef PROG
#undef HOOK
};

/* Which programs to load. */
enum choice {
	NONE = 0,
	PART_IN = 1 << OBJ_PART_IN,
	PART_OUT = 1 << OBJ_PART_OUT,
	TAILS = 1 << OBJ_PARTS,
};

static int choice_of(enum obj_prog prog)
{
	for (int i = 0; i < FL_TAILS; i++)
		if (tails[i] == prog)
			return TAILS;
	return 1 << obj_part_of(prog);
}

static void choose_programs(struct faultline_bpf *s, bool with_xdp, int chosen)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, s->obj)
		bpf_program__set_autoload(program, false);
	for (enum obj_prog prog = 0; prog < OBJ_PROGS; prog++) {
		program = obj_find_program(s, prog, with_xdp);
		if (program && chosen & choice_of(prog))
			bpf_program__set_autoload(program, true);
	}
	/* Needed for an MTU above 3.5k, where a frame comes in pieces. */
	bpf_program__set_flags(s->progs.faultline_fast, BPF_F_XDP_HAS_FRAGS);
	bpf_program__set_flags(s->progs.faultline_xdp, BPF_F_XDP_HAS_FRAGS);
}

static void configure(struct faultline_bpf *s, const struct fl_device *device,
		      int chosen)
{
	const struct fl_sizes sizes = obj_sizes(device);

	size_maps(s, &sizes);
	s->rodata->config_slot_mask = sizes.slots - 1;
	s->rodata->config_seed = device->seed;
	s->rodata->config_secret = fl_secret(device->seed);
	s->rodata->config_tcx = device->tc_kind == FL_TC_TCX;
	s->rodata->config_layer3 = device->layer3;
	s->rodata->config_generic = device->mode == FL_MODE_GENERIC;
	s->rodata->config_holder = device->holder;
	s->rodata->config_ifindex = device->ifindex;
	s->rodata->config_held_max = device->held_max;
	choose_programs(s, device->mode != FL_MODE_TC, chosen);
}

static int fill_jump(const struct obj *obj, enum obj_map map, __u32 index,
		     enum obj_prog prog)
{
	int fd = obj_prog_fd(obj, prog);

	return fd < 0 ? 0 : obj_map_write(obj_map_fd(obj, map), index, &fd);
}

/* The whole programs follow the short ones. */
static int fill_jumps(const struct obj *obj)
{
	int err = fill_jump(obj, OBJ_JUMPS, 0, OBJ_WHOLE);

	if (!err)
		err = fill_jump(obj, OBJ_JUMPS_TC, FL_IN, OBJ_WHOLE_IN);
	return err ? err : fill_jump(obj, OBJ_JUMPS_TC, FL_OUT, OBJ_WHOLE_OUT);
}

/* Names of the CPUs that may own flows. */
static int fill_runs(const struct obj *obj)
{
	int err, cpus = libbpf_num_possible_cpus();
	struct fl_run *runs;

	if (cpus < 0)
		return cpus;
	runs = calloc((size_t)cpus, sizeof(*runs));
	if (!runs)
		return -ENOMEM;
	/* There programs preempt each other: see bpf/owner.h. */
	if (obj_is_realtime())
		cpus = 0;
	for (int cpu = 0; cpu < cpus && (__u32)cpu < FL_OWNERS_MAX; cpu++)
		runs[cpu].owner = (__u32)cpu + 1;
	err = obj_map_write(obj_map_fd(obj, OBJ_RUNS), 0, runs);
	free(runs);
	return err;
}

static struct faultline_bpf *open_object(const struct fl_device *device,
					 int chosen)
{
	struct faultline_bpf *s;

	libbpf_set_print(remember);
	last_words[0] = 0;
	s = faultline_bpf__open();
	if (s)
		configure(s, device, chosen);
	return s;
}

static int put_tails(const struct faultline_bpf *s, int map_fd)
{
	for (__u32 i = 0; i < FL_TAILS; i++) {
		int fd = bpf_program__fd(obj_find_program(s, tails[i], false));

		if (bpf_map_update_elem(map_fd, &i, &fd, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int load_object(struct faultline_bpf *s, char *why, size_t why_size)
{
	int err = faultline_bpf__load(s);

	if (err)
		snprintf(why, why_size, "%s", last_words);
	return err;
}

static int reuse_maps(const struct faultline_bpf *s, const int map[OBJ_MAPS])
{
	int err = 0;

	for (int i = 0; i < OBJ_MAPS && !err; i++)
		err = bpf_map__reuse_fd(obj_find_map(s, (enum obj_map)i),
					map[i]);
	return err;
}

/* ---- a device's ----------------------------------------- */

static int open_parts(struct obj *obj, const struct fl_device *device)
{
	int err = 0, map[OBJ_MAPS];

	for (int i = 0; i < OBJ_MAPS; i++)
		map[i] = obj_map_fd(obj, (enum obj_map)i);
	for (int i = 0; i < OBJ_PARTS && !err; i++) {
		obj->part[i] = open_object(device, 1 << i);
		err = obj->part[i] ? reuse_maps(obj->part[i], map) : -errno;
	}
	return err;
}

struct loading {
	struct faultline_bpf *part;
	int err;
	char why[sizeof(last_words)];
};

static void *load_part(void *context)
{
	struct loading *loading = context;

	loading->err = load_object(loading->part, loading->why,
				   sizeof(loading->why));
	return NULL;
}

/* All but the first by threads of their own. */
static int load_parts(struct obj *obj, char *why, size_t why_size)
{
	struct loading loading[OBJ_PARTS] = { 0 };
	pthread_t thread[OBJ_PARTS];
	bool has_thread[OBJ_PARTS] = { false };
	int err = 0;

	for (int i = OBJ_PARTS - 1; i >= 0; i--) {
		loading[i].part = obj->part[i];
		has_thread[i] = i && !pthread_create(&thread[i], NULL,
						     load_part, &loading[i]);
		if (!has_thread[i])
			load_part(&loading[i]);
	}
	for (int i = 0; i < OBJ_PARTS; i++) {
		if (has_thread[i])
			pthread_join(thread[i], NULL);
		if (err || !loading[i].err)
			continue;
		err = loading[i].err;
		snprintf(why, why_size, "%s", loading[i].why);
	}
	return err;
}

static int load_device(struct obj *obj, const struct fl_device *device,
		       char *why, size_t why_size)
{
	int err;

	obj->with_xdp = device->mode != FL_MODE_TC;
	obj->generic = device->mode == FL_MODE_GENERIC;
	obj->maps = open_object(device, NONE);
	err = obj->maps ? load_object(obj->maps, why, why_size) : -errno;
	if (!err)
		err = open_parts(obj, device);
	if (!err)
		err = load_parts(obj, why, why_size);
	if (!err)
		err = fill_runs(obj);
	return err ? err : fill_jumps(obj);
}

int obj_load(const struct fl_device *device, struct obj **loaded, char *why,
	     size_t why_size)
{
	struct obj *obj = calloc(1, sizeof(*obj));
	int err = obj ? load_device(obj, device, why, why_size) : -ENOMEM;

	if (err) {
		obj_free(obj);
		obj = NULL;
	}
	*loaded = obj;
	return err;
}

/* ---- others ----------------------------------------- */

static int load_for_replay(struct obj *obj, const struct fl_device *device,
			   char *why, size_t why_size)
{
	struct faultline_bpf *s = open_object(device,
					      PART_IN | PART_OUT | TAILS);
	int err;

	if (!s)
		return -errno;
	obj->maps = s;
	for (int i = 0; i < OBJ_PARTS; i++)
		obj->part[i] = s;
	s->rodata->config_replay = 1;
	/* The clock stands still: evictions must not depend on the time. */
	s->rodata->config_test_clock = 1;
	err = load_object(s, why, why_size);
	return err ? err : put_tails(s, obj_map_fd(obj, OBJ_TAILS));
}

int obj_load_replay(const struct fl_device *device, struct obj **loaded,
		    char *why, size_t why_size)
{
	struct obj *obj = calloc(1, sizeof(*obj));
	struct fl_device tc = *device;
	int err;

	tc.mode = FL_MODE_TC;
	tc.tc_kind = FL_TC_CLSACT;
	err = obj ? load_for_replay(obj, &tc, why, why_size) : -ENOMEM;
	if (err) {
		obj_free(obj);
		obj = NULL;
	}
	*loaded = obj;
	return err;
}

int obj_load_tails(const struct fl_device *device, const int map[OBJ_MAPS],
		   char *why, size_t why_size)
{
	struct faultline_bpf *s = open_object(device, TAILS);
	int err = s ? reuse_maps(s, map) : -errno;

	if (!err)
		err = load_object(s, why, why_size);
	if (!err)
		err = put_tails(s, map[OBJ_TAILS]);
	faultline_bpf__destroy(s);
	return err;
}

int obj_load_probe(const struct fl_device *device, const int map[OBJ_MAPS],
		   char *why, size_t why_size)
{
	struct faultline_bpf *s = open_object(device, NONE);
	int fd, err = s ? reuse_maps(s, map) : -errno;

	if (!err) {
		bpf_program__set_autoload(s->progs.faultline_probe, true);
		err = load_object(s, why, why_size);
	}
	if (!err) {
		fd = fcntl(bpf_program__fd(s->progs.faultline_probe),
			   F_DUPFD_CLOEXEC, 0);
		err = fd < 0 ? -errno : fd;
	}
	faultline_bpf__destroy(s);
	return err;
}
