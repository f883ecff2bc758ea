/* SPDX-License-Identifier: GPL-2.0-only */
/* Maps, programs and links of the object, and the names of their pins. */
#pragma once

#include <faultline/ruleset.h>

/* A row of maps.def each; pins in a device's directory, see store.h. */
enum obj_map {
#define MAP(id, name, kind, value, entries, open) OBJ_##id,
#include <faultline/maps.def>
#undef MAP
	OBJ_MAPS
};

/* A row of progs.def each; OBJ_TICKS is run from user space. */
enum obj_prog {
#define HOOK(id, name, with_xdp, with_tc) OBJ_##id,
#define PROG HOOK
#define TAIL HOOK
#include <faultline/progs.def>
#undef TAIL
#undef PROG
#undef HOOK
	OBJ_PROGS
};

/* Those that a link may attach come first. */
enum {
	OBJ_LINKS = 0
#define HOOK(id, name, with_xdp, with_tc) +1
#define PROG(id, name, with_xdp, with_tc)
#define TAIL PROG
#include <faultline/progs.def>
#undef TAIL
#undef PROG
#undef HOOK
};

extern const char *const obj_map_names[OBJ_MAPS];
extern const char *const obj_prog_names[OBJ_PROGS];
extern const char *const obj_link_names[OBJ_LINKS];
