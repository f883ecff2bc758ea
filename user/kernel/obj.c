/* SPDX-License-Identifier: GPL-2.0-only */
#include "obj.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <faultline/abi.h>
#include <faultline/rng.h>

/* bpftool generates it; its conversions are not ours to warn about. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <faultline.skel.h>
#pragma GCC diagnostic pop

#include "store.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

const char *const obj_map_names[OBJ_MAPS] = {
#define MAP(id, name, kind, value, entries, open) [OBJ_##id] = #name,
#include <faultline/maps.def>
#undef MAP
};
const char *const obj_prog_names[OBJ_PROGS] = {
#define HOOK(id, name, with_xdp, with_tc) [OBJ_##id] = #name "_prog",
#define PROG HOOK
#define TAIL HOOK
#include <faultline/progs.def>
#undef TAIL
#undef PROG
#undef HOOK
};
const char *const obj_link_names[OBJ_LINKS] = {
#define HOOK(id, name, with_xdp, with_tc) [OBJ_##id] = #name "_link",
#define PROG(id, name, with_xdp, with_tc)
#define TAIL PROG
#include <faultline/progs.def>
#undef TAIL
#undef PROG
#undef HOOK
};

struct obj {
	struct faultline_bpf *skeleton;
	bool with_xdp;
};

/* ---- what the skeleton calls the rows ----------------------------------- */

static struct bpf_map *find_map(const struct faultline_bpf *s, enum obj_map map)
{
#define OF_ARRAY(name) s->maps.name
#define OF_SHARED(name) s->maps.name
#define OF_PERCPU(name) s->maps.name
#define OF_SPARSE(name) s->maps.name
#define OF_SOCKETS(name) s->maps.name
#define OF_PROGRAMS(name) s->maps.name
#define OF_DATA(name) s->maps.data_##name
#define OF_VALUE(name) s->maps.data_##name
#define MAP(id, name, kind, value, entries, open) [OBJ_##id] = OF_##kind(name),
	struct bpf_map *const maps[OBJ_MAPS] = {
#include <faultline/maps.def>
	};
#undef MAP
#undef OF_ARRAY
#undef OF_SHARED
#undef OF_PERCPU
#undef OF_SPARSE
#undef OF_SOCKETS
#undef OF_PROGRAMS
#undef OF_DATA
#undef OF_VALUE

	return maps[map];
}

/* Every map has a row: the skeleton's other two are .rodata and .bss. */
_Static_assert(sizeof(((struct faultline_bpf *)NULL)->maps) ==
		       (OBJ_MAPS + 2) * sizeof(struct bpf_map *),
	       "maps.def has all maps");

/* The program that is loaded for this row, or NULL. */
static struct bpf_program *find_program(const struct faultline_bpf *s,
					enum obj_prog prog, bool with_xdp)
{
#define RUN(program) s->progs.faultline_##program
#define NOTHING NULL
#define HOOK(id, name, with_xdp, with_tc) [OBJ_##id] = { with_tc, with_xdp },
#define PROG HOOK
#define TAIL HOOK
	struct bpf_program *const programs[OBJ_PROGS][2] = {
#include <faultline/progs.def>
	};
#undef TAIL
#undef PROG
#undef HOOK
#undef NOTHING
#undef RUN

	return programs[prog][with_xdp];
}

/* ---- loading ------------------------------------------------------------ */

static char last_words[160];

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

__u32 obj_slots(__u32 flows)
{
	__u32 slots = FL_FLOW_WAYS;

	while (slots < flows * FL_SLOTS_PER_FLOW)
		slots *= 2;
	return slots;
}

/* Entries of each map; 0: as many as slots. */
static const __u32 map_entries[OBJ_MAPS] = {
#define MAP(id, name, kind, value, entries, open) [OBJ_##id] = entries,
#include <faultline/maps.def>
#undef MAP
};

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

enum choice { ENTRIES = 1, TAILS = 2 };

static enum choice choice_of(enum obj_prog prog)
{
	for (int i = 0; i < FL_TAILS; i++)
		if (tails[i] == prog)
			return TAILS;
	return ENTRIES;
}

static void choose_programs(struct faultline_bpf *s, bool with_xdp, int chosen)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, s->obj)
		bpf_program__set_autoload(program, false);
	for (enum obj_prog prog = 0; prog < OBJ_PROGS; prog++) {
		program = find_program(s, prog, with_xdp);
		if (program && chosen & (int)choice_of(prog))
			bpf_program__set_autoload(program, true);
	}
	/* Needed for an MTU above 3.5k, where a frame comes in pieces. */
	bpf_program__set_flags(s->progs.faultline_fast, BPF_F_XDP_HAS_FRAGS);
	bpf_program__set_flags(s->progs.faultline_xdp, BPF_F_XDP_HAS_FRAGS);
}

static void configure(struct faultline_bpf *s, const struct fl_device *device,
		      int chosen)
{
	__u32 slots = obj_slots(device->flows);

	for (int map = 0; map < OBJ_MAPS; map++)
		if (!map_entries[map])
			bpf_map__set_max_entries(find_map(s, (enum obj_map)map),
						 slots);
	s->rodata->config_slot_mask = slots - 1;
	s->rodata->config_seed = device->seed;
	s->rodata->config_secret = fl_secret(device->seed);
	s->rodata->config_tcx = device->tc_kind == FL_TC_TCX;
	s->rodata->config_layer3 = device->layer3;
	s->rodata->config_holder = device->holder;
	s->rodata->config_ifindex = device->ifindex;
	s->rodata->config_held_max = device->held_max;
	choose_programs(s, device->mode != FL_MODE_TC, chosen);
}

static int fill_jump(const struct faultline_bpf *s, enum obj_map map,
		     __u32 index, enum obj_prog prog, bool with_xdp)
{
	const struct bpf_program *program = find_program(s, prog, with_xdp);
	int fd = program ? bpf_program__fd(program) : -1;

	return fd < 0 ?
		       0 :
		       obj_map_write(bpf_map__fd(find_map(s, map)), index, &fd);
}

/* The whole programs follow the short ones. */
static int fill_jumps(const struct faultline_bpf *s, bool with_xdp)
{
	int err = fill_jump(s, OBJ_JUMPS, 0, OBJ_WHOLE, with_xdp);

	if (!err)
		err = fill_jump(s, OBJ_JUMPS_TC, FL_IN, OBJ_WHOLE_IN, with_xdp);
	return err ? err :
		     fill_jump(s, OBJ_JUMPS_TC, FL_OUT, OBJ_WHOLE_OUT,
			       with_xdp);
}

/* Names of the CPUs that may own flows. */
static int fill_runs(const struct faultline_bpf *s)
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
	err = obj_map_write(bpf_map__fd(s->maps.runs), 0, runs);
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
		int fd = bpf_program__fd(find_program(s, tails[i], false));

		if (bpf_map_update_elem(map_fd, &i, &fd, BPF_ANY))
			return -errno;
	}
	return 0;
}

static int load_object(struct faultline_bpf *s, struct obj **obj, char *why,
		       size_t why_size)
{
	int err = faultline_bpf__load(s);

	*obj = err ? NULL : malloc(sizeof(**obj));
	if (!err && !*obj)
		err = -ENOMEM;
	if (err) {
		snprintf(why, why_size, "%s", last_words);
		faultline_bpf__destroy(s);
		return err;
	}
	(*obj)->skeleton = s;
	return 0;
}

int obj_load(const struct fl_device *device, struct obj **obj, char *why,
	     size_t why_size)
{
	struct faultline_bpf *s = open_object(device, ENTRIES);
	int err = s ? load_object(s, obj, why, why_size) : -errno;

	if (err)
		return err;
	(*obj)->with_xdp = device->mode != FL_MODE_TC;
	err = fill_runs(s);
	if (!err)
		err = fill_jumps(s, (*obj)->with_xdp);
	if (err) {
		obj_free(*obj);
		*obj = NULL;
	}
	return err;
}

int obj_load_replay(const struct fl_device *device, struct obj **obj, char *why,
		    size_t why_size)
{
	struct fl_device tc = *device;
	struct faultline_bpf *s;
	int err;

	tc.mode = FL_MODE_TC;
	tc.tc_kind = FL_TC_CLSACT;
	s = open_object(&tc, ENTRIES | TAILS);
	if (!s)
		return -errno;
	s->rodata->config_replay = 1;
	/* The clock stands still: evictions must not depend on the time. */
	s->rodata->config_test_clock = 1;
	err = load_object(s, obj, why, why_size);
	if (err)
		return err;
	(*obj)->with_xdp = false;
	err = put_tails(s, bpf_map__fd(find_map(s, OBJ_TAILS)));
	if (err) {
		obj_free(*obj);
		*obj = NULL;
	}
	return err;
}

int obj_load_tails(const struct fl_device *device, const int map[OBJ_MAPS],
		   char *why, size_t why_size)
{
	struct faultline_bpf *s = open_object(device, TAILS);
	int err = s ? 0 : -errno;

	for (int i = 0; i < OBJ_MAPS && !err; i++)
		err = bpf_map__reuse_fd(find_map(s, (enum obj_map)i), map[i]);
	if (!err)
		err = faultline_bpf__load(s);
	if (err)
		snprintf(why, why_size, "%s", last_words);
	else
		err = put_tails(s, map[OBJ_TAILS]);
	faultline_bpf__destroy(s);
	return err;
}

bool obj_has_tails(int map_fd)
{
	__u32 id, last = FL_TAILS - 1;

	return !bpf_map_lookup_elem(map_fd, &last, &id);
}

void obj_free(struct obj *obj)
{
	if (!obj)
		return;
	faultline_bpf__destroy(obj->skeleton);
	free(obj);
}

int obj_map_fd(const struct obj *obj, enum obj_map map)
{
	return bpf_map__fd(find_map(obj->skeleton, map));
}

int obj_prog_fd(const struct obj *obj, enum obj_prog prog)
{
	const struct bpf_program *program = find_program(obj->skeleton, prog,
							 obj->with_xdp);

	return program ? bpf_program__fd(program) : -ENOENT;
}

int obj_pin(const struct obj *obj, const char *path)
{
	int err = 0;

	if (mkdir(path, 0700))
		return -errno;
	for (int map = 0; map < OBJ_MAPS && !err; map++)
		err = obj_pin_fd(obj_map_fd(obj, (enum obj_map)map), path,
				 obj_map_names[map]);
	for (int prog = 0; prog < OBJ_PROGS && !err; prog++) {
		int fd = obj_prog_fd(obj, (enum obj_prog)prog);

		if (fd >= 0)
			err = obj_pin_fd(fd, path, obj_prog_names[prog]);
	}
	return err;
}

int obj_attach_xdp(const struct obj *obj, __u32 ifindex, __u32 flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
	int fd = bpf_link_create(obj_prog_fd(obj, OBJ_XDP), (int)ifindex,
				 BPF_XDP, &options);

	return fd < 0 ? -errno : fd;
}

int obj_replay(const struct obj *obj, enum fl_side side, const void *frame,
	       __u32 length, struct obj_replayed *replayed)
{
	struct faultline_bpf *s = obj->skeleton;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame,
		    .data_size_in = length, .data_out = replayed->frame,
		    .data_size_out = (__u32)replayed->room);
	const struct bpf_program *program = side == FL_IN ?
						    s->progs.faultline_in :
						    s->progs.faultline_out;

	s->bss->replayed = (struct fl_replayed){
		.now_ns = replayed->now_ns,
		.departure_ns = replayed->now_ns,
		.copy_ns = replayed->now_ns,
		.fate = FL_REASON_PASSED,
	};
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &options))
		return -errno;
	replayed->departure_ns = s->bss->replayed.departure_ns;
	replayed->copy_ns = s->bss->replayed.copy_ns;
	replayed->fate = s->bss->replayed.fate;
	replayed->id = s->bss->replayed.id;
	replayed->length = options.data_size_out;
	return 0;
}
