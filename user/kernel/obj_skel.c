/* SPDX-License-Identifier: GPL-2.0-only */
#include "obj_skel.h"

struct bpf_map *obj_find_map(const struct faultline_bpf *s, enum obj_map map)
{
#define OF_ARRAY(name) s->maps.name
#define OF_SHARED(name) s->maps.name
#define OF_PERCPU(name) s->maps.name
#define OF_SPARSE(name) s->maps.name
#define OF_BLOCKS(name) s->maps.name
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
#undef OF_BLOCKS
#undef OF_PROGRAMS
#undef OF_DATA
#undef OF_VALUE

	return maps[map];
}

/* Every map has a row: the skeleton's other two are .rodata and .bss. */
_Static_assert(sizeof(((struct faultline_bpf *)NULL)->maps) ==
		       (OBJ_MAPS + 2) * sizeof(struct bpf_map *),
	       "maps.def has all maps");

struct bpf_program *obj_find_program(const struct faultline_bpf *s,
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

/* They share nothing but the maps: a clock that one has looked at (last_tick)
 * is of no use for the other part. */
enum obj_part obj_part_of(enum obj_prog prog)
{
	return prog == OBJ_TC_OUT || prog == OBJ_WHOLE_OUT ? OBJ_PART_OUT :
							     OBJ_PART_IN;
}
