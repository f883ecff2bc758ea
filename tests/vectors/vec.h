/* SPDX-License-Identifier: GPL-2.0-only */
/* One test vector, as the BPF program takes it. */
#pragma once

#include <faultline/abi.h>

struct vec {
	struct fl_impair impair; /* kind FL_IMPAIR_NONE: rng */
	__u64 seed, hash;	 /* rng */
	__u64 draw;
	__u64 number;
	__u64 want; /* enum fl_reason, or for rng the draw */
	__u64 got;
};
