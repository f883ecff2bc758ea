/* SPDX-License-Identifier: GPL-2.0-only */
/* The skeleton behind struct obj, and what it calls the rows of maps.def and
 * progs.def. */
#pragma once

#include <stdbool.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "obj_rows.h"

/* bpftool generates it; its conversions are not ours to warn about. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <faultline.skel.h>
#pragma GCC diagnostic pop

/* The verifier takes its time: programs of the two sides are loaded at once. */
enum obj_part { OBJ_PART_IN, OBJ_PART_OUT, OBJ_PARTS };

struct obj {
	struct faultline_bpf *maps;	       /* without programs */
	struct faultline_bpf *part[OBJ_PARTS]; /* programs over those maps */
	bool with_xdp, generic;		       /* generic: so is XDP */
};

/* In which part programs of this row are. */
enum obj_part obj_part_of(enum obj_prog prog);

struct bpf_map *obj_find_map(const struct faultline_bpf *s, enum obj_map map);

/* The program that is loaded for this row, or NULL. */
struct bpf_program *obj_find_program(const struct faultline_bpf *s,
				     enum obj_prog prog, bool with_xdp);
