/* SPDX-License-Identifier: GPL-2.0-only */
/* Directions, seen from the host: as bits of a set, and as an index. */
#pragma once

#define FL_DIR_IN 1u
#define FL_DIR_OUT 2u
#define FL_DIR_BOTH (FL_DIR_IN | FL_DIR_OUT)

/* Index of per-direction arrays. */
enum fl_side { FL_IN, FL_OUT, FL_SIDES };
