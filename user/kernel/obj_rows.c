/* SPDX-License-Identifier: GPL-2.0-only */
#include "obj_rows.h"

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
