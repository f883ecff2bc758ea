/* SPDX-License-Identifier: GPL-2.0-only */
#include "obj.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <faultline/abi.h>

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
	"flows",      "flows_more", "flow_effects", "rulesets", "actions",
	"chains",     "traces",	    "controls",	    "counts",	"tallies",
	"flow_times", "timings",    "lines",	    "holdings", "tables",
	"sockets",    "specs",	    "device",
};
const char *const obj_prog_names[OBJ_PROGS] = {
	"xdp_prog",	"in_prog",	 "out_prog",  "ticks_prog",
	"back_in_prog", "back_out_prog", "take_prog",
};
const char *const obj_link_names[OBJ_LINKS] = {
	"xdp_link",
	"in_link",
	"out_link",
};

struct obj {
	struct faultline_bpf *skeleton;
};

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

static void configure(struct faultline_bpf *s, const struct fl_device *device)
{
	__u32 slots = obj_slots(device->flows);
	int xdp = device->mode != FL_MODE_TC;

	bpf_map__set_max_entries(s->maps.flows, slots);
	bpf_map__set_max_entries(s->maps.flows_more, slots);
	bpf_map__set_max_entries(s->maps.flow_effects, slots);
	bpf_map__set_max_entries(s->maps.flow_times, slots);
	s->rodata->config_slot_mask = slots - 1;
	s->rodata->config_seed = device->seed;
	s->rodata->config_tcx = device->tc_kind == FL_TC_TCX;
	s->rodata->config_layer3 = device->layer3;
	s->rodata->config_holder = device->holder;
	s->rodata->config_ifindex = device->ifindex;
	s->rodata->config_held_max = device->held_max;
	bpf_program__set_autoload(s->progs.faultline_xdp, xdp);
	bpf_program__set_autoload(s->progs.faultline_in, !xdp);
	bpf_program__set_autoload(s->progs.faultline_late, xdp);
	/* Needed for an MTU above 3.5k, where a frame comes in pieces. */
	bpf_program__set_flags(s->progs.faultline_xdp, BPF_F_XDP_HAS_FRAGS);
}

static int load(const struct fl_device *device, bool replay, struct obj **obj,
		char *why, size_t why_size)
{
	struct faultline_bpf *s;
	int err;

	libbpf_set_print(remember);
	last_words[0] = 0;
	s = faultline_bpf__open();
	if (!s)
		return -errno;
	configure(s, device);
	s->rodata->config_replay = replay;
	/* The clock stands still: evictions must not depend on the time. */
	s->rodata->config_test_clock = replay;
	err = faultline_bpf__load(s);
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
	return load(device, false, obj, why, why_size);
}

int obj_load_replay(const struct fl_device *device, struct obj **obj, char *why,
		    size_t why_size)
{
	struct fl_device tc = *device;

	tc.mode = FL_MODE_TC;
	tc.tc_kind = FL_TC_CLSACT;
	return load(&tc, true, obj, why, why_size);
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
	const struct faultline_bpf *s = obj->skeleton;
	const struct bpf_map *const maps[OBJ_MAPS] = {
		[OBJ_FLOWS] = s->maps.flows,
		[OBJ_FLOWS_MORE] = s->maps.flows_more,
		[OBJ_FLOW_EFFECTS] = s->maps.flow_effects,
		[OBJ_RULESETS] = s->maps.rulesets,
		[OBJ_ACTIONS] = s->maps.data_actions,
		[OBJ_CHAINS] = s->maps.chains,
		[OBJ_TRACES] = s->maps.data_traces,
		[OBJ_CONTROLS] = s->maps.data_control,
		[OBJ_COUNTS] = s->maps.counts,
		[OBJ_TALLIES] = s->maps.tallies,
		[OBJ_FLOW_TIMES] = s->maps.flow_times,
		[OBJ_TIMINGS] = s->maps.timings,
		[OBJ_LINES] = s->maps.lines,
		[OBJ_HOLDINGS] = s->maps.holdings,
		[OBJ_TABLES] = s->maps.data_tables,
		[OBJ_SOCKETS] = s->maps.sockets,
		[OBJ_SPECS] = s->maps.specs,
		[OBJ_DEVICE] = s->maps.device,
	};

	return bpf_map__fd(maps[map]);
}

int obj_prog_fd(const struct obj *obj, enum obj_prog prog)
{
	struct bpf_program *const programs[OBJ_PROGS] = {
		obj->skeleton->progs.faultline_xdp,
		obj->skeleton->progs.faultline_in,
		obj->skeleton->progs.faultline_out,
		obj->skeleton->progs.faultline_ticks,
		obj->skeleton->progs.faultline_back_in,
		obj->skeleton->progs.faultline_back_out,
		obj->skeleton->progs.faultline_take,
	};

	if (prog == OBJ_TC_IN && bpf_program__fd(programs[OBJ_XDP]) >= 0)
		return bpf_program__fd(obj->skeleton->progs.faultline_late);
	return bpf_program__fd(programs[prog]);
}

int obj_pin_fd(int fd, const char *path, const char *name)
{
	char pin[STORE_PATH_LEN];

	store_pin(path, name, pin, sizeof(pin));
	return bpf_obj_pin(fd, pin) ? -errno : 0;
}

int obj_pin(const struct obj *obj, const char *path)
{
	int err = 0;

	if (mkdir(path, 0700))
		return -errno;
	/* The device record first: with it, the rest can be cleaned up. */
	for (int map = OBJ_MAPS - 1; map >= 0 && !err; map--)
		err = obj_pin_fd(obj_map_fd(obj, map), path,
				 obj_map_names[map]);
	for (int prog = 0; prog < OBJ_PROGS && !err; prog++)
		if (obj_prog_fd(obj, prog) >= 0)
			err = obj_pin_fd(obj_prog_fd(obj, prog), path,
					 obj_prog_names[prog]);
	return err;
}

int obj_attach_xdp(const struct obj *obj, __u32 ifindex, __u32 flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
	int fd = bpf_link_create(obj_prog_fd(obj, OBJ_XDP), (int)ifindex,
				 BPF_XDP, &options);

	return fd < 0 ? -errno : fd;
}

__u32 obj_prog_id(int fd)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);

	return fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &length) ? 0 :
								      info.id;
}

int obj_link_info(int fd, __u32 *ifindex, __u32 *prog_id)
{
	struct bpf_link_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	*ifindex = info.xdp.ifindex; /* tcx has it at the same place */
	*prog_id = info.prog_id;
	return 0;
}

int obj_map_entries(int fd, __u32 *entries)
{
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &length))
		return -errno;
	*entries = info.max_entries;
	return 0;
}

int obj_map_mmap(int fd, size_t value_size, size_t entries, int writable,
		 void **address)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t length = (value_size + 7) / 8 * 8 * entries;
	int protection = PROT_READ | (writable ? PROT_WRITE : 0);

	length = (length + page - 1) / page * page;
	*address = mmap(NULL, length, protection, MAP_SHARED, fd, 0);
	return *address == MAP_FAILED ? -errno : 0;
}

int obj_map_read(int fd, __u32 index, void *value)
{
	return bpf_map_lookup_elem(fd, &index, value) ? -errno : 0;
}

int obj_map_write(int fd, __u32 index, const void *value)
{
	return bpf_map_update_elem(fd, &index, value, BPF_ANY) ? -errno : 0;
}

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

int obj_ticks(int prog_fd, struct fl_clock *now)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = now,
		    .ctx_size_in = sizeof(*now));

	return bpf_prog_test_run_opts(prog_fd, &options) ? -errno : 0;
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

void obj_prog_name(__u32 id, char *name, size_t size)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	*name = 0;
	if (fd < 0)
		return;
	if (!bpf_obj_get_info_by_fd(fd, &info, &length))
		snprintf(name, size, "%s", info.name);
	close(fd);
}
