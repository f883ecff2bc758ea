/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rows of maps.def and progs.def against the object as it was built: it
 * has what they say, and nothing else. It is opened, not loaded.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include <faultline/abi.h>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <faultline.skel.h>
#pragma GCC diagnostic pop

#include "kernel/obj.h"
#include "lib/tap.h"

/* ---- maps --------------------------------------------------------------- */

#define NAME_ARRAY(name) #name
#define NAME_SHARED(name) #name
#define NAME_PERCPU(name) #name
#define NAME_SPARSE(name) #name
#define NAME_BLOCKS(name) #name
#define NAME_PROGRAMS(name) #name
#define NAME_DATA(name) ".data." #name
#define NAME_VALUE(name) ".data." #name

static const struct map_row {
	const char *name; /* in the object */
	__u32 entries;
	bool mmapped;
} map_rows[OBJ_MAPS] = {
#define FD false
#define MMAP true
/* Set before loading. */
#define OF(member) 0
#define MAP(id, name, kind, value, entries, open) \
	[OBJ_##id] = { NAME_##kind(name), entries, open },
#include <faultline/maps.def>
#undef MAP
#undef OF
#undef MMAP
#undef FD
};

/* What libbpf makes of constants and of plain variables. */
static bool is_plain(const struct bpf_map *map)
{
	const char *name = bpf_map__name(map);
	size_t length = strlen(name);

	return length > 4 &&
	       (!strcmp(name + length - 4, ".bss") || strstr(name, ".rodata"));
}

/* Names of the maps that none of @count rows has, each with a blank. */
static const char *without_row(const struct bpf_object *object,
			       const struct map_row *rows, size_t count)
{
	static char names[400];
	const struct bpf_map *map;

	*names = 0;
	bpf_object__for_each_map (map, object) {
		size_t i = 0;

		while (i < count && strcmp(rows[i].name, bpf_map__name(map)))
			i++;
		if (i == count && !is_plain(map))
			snprintf(names + strlen(names),
				 sizeof(names) - strlen(names), "%s ",
				 bpf_map__name(map));
	}
	return names;
}

static void test_maps(const struct bpf_object *object)
{
	for (size_t i = 0; i < OBJ_MAPS; i++) {
		const struct map_row *row = &map_rows[i];
		const struct bpf_map *map =
			bpf_object__find_map_by_name(object, row->name);
		bool is_data = *row->name == '.';

		tap_ok(map, "the object has map %s", row->name);
		if (!map)
			continue;
		tap_is_u64(bpf_map__max_entries(map),
			   is_data ? 1 : row->entries, "%s: entries",
			   row->name);
		if (row->mmapped)
			tap_ok(bpf_map__map_flags(map) & BPF_F_MMAPABLE,
			       "%s can be mmapped", row->name);
	}
	tap_is_str(without_row(object, map_rows, OBJ_MAPS), "",
		   "every map has a row");
	tap_is_str(without_row(object, map_rows + 1, OBJ_MAPS - 1), "device ",
		   "planted: a map without a row");
}

/* ---- programs ----------------------------------------------------------- */

static const char *const prog_rows[OBJ_PROGS][2] = {
#define RUN(program) "faultline_" #program
#define NOTHING NULL
#define HOOK(id, name, with_xdp, with_tc) [OBJ_##id] = { with_xdp, with_tc },
#define PROG HOOK
#define TAIL HOOK
#include <faultline/progs.def>
#undef TAIL
#undef PROG
#undef HOOK
#undef NOTHING
#undef RUN
};

static bool has_program(const char *name, int first)
{
	for (int i = first; i < OBJ_PROGS; i++)
		for (int mode = 0; mode < 2; mode++)
			if (prog_rows[i][mode] &&
			    !strcmp(prog_rows[i][mode], name))
				return true;
	return false;
}

static void test_programs(const struct bpf_object *object)
{
	struct bpf_program *program;

	bpf_object__for_each_program (program, object) {
		const char *name = bpf_program__name(program);

		/* That one is only run, by obj_run_probe(). */
		tap_ok(has_program(name, 0) || !strcmp(name, "faultline_probe"),
		       "%s has a row", name);
	}
	for (int i = 0; i < OBJ_PROGS * 2; i++) {
		const char *name = prog_rows[i / 2][i % 2];

		if (name)
			tap_ok(bpf_object__find_program_by_name(object, name),
			       "%s: there is %s", obj_prog_names[i / 2], name);
	}
	tap_ok(!has_program("faultline_fast", 1),
	       "planted: a program without a row");
}

int main(void)
{
	struct faultline_bpf *skeleton = faultline_bpf__open();

	tap_ok(skeleton, "the object can be opened");
	if (!skeleton)
		return tap_done();
	test_maps(skeleton->obj);
	test_programs(skeleton->obj);
	faultline_bpf__destroy(skeleton);
	return tap_done();
}
