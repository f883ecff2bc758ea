/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of one packet, in 64 bits: an enum fl_reason in the lowest
 * four, above it the bits of fates.def, and in the upper half their values.
 */
#pragma once

#include <linux/types.h>

#define FL_FATE_REASON 0xfull
#define FL_FATE_FIRST 4

enum fl_effect {
#define EFFECT(id, label, help) FL_EFFECT_##id,
#include "effects.def"
#undef EFFECT
	FL_EFFECTS
};

enum fl_fate_place {
	FL_FATE_BELOW = FL_FATE_FIRST - 1,
#define FATE(id, ...) FL_FATE_AT_##id,
#define DETAIL(id, label) FL_FATE_AT_##id,
#include "fates.def"
	FL_FATE_END
};
_Static_assert(FL_FATE_END <= 32, "above them are the values");

enum fl_fate_work { FL_WORK_COUNT, FL_WORK_COPY, FL_WORK_REWRITE };

enum fl_fate_value {
#define VALUE(id, shift, width) \
	FL_FATE_SHIFT_##id = shift, FL_FATE_MASK_##id = (1 << (width)) - 1,
#include "fates.def"
};

/* The bit, and the value that it has; or that @fate has. */
#define FL_FATE(id) (1ull << FL_FATE_AT_##id)
#define FL_FATE_WITH(id, value) \
	(FL_FATE(id) | ((__u64)(value)&FL_FATE_MASK_##id) << FL_FATE_SHIFT_##id)
#define FL_FATE_VALUE(id, fate) \
	((__u32)((fate) >> FL_FATE_SHIFT_##id) & FL_FATE_MASK_##id)

/* All bits that are counted as an effect, and those with this work. */
static inline __attribute__((always_inline)) __u64 fl_fates(void)
{
	return 0
#define FATE(id, label, effect, work) | FL_FATE(id)
#include "fates.def"
		;
}

static inline __attribute__((always_inline)) __u64
fl_fates_of(enum fl_fate_work wanted)
{
	return 0
#define FATE(id, label, effect, work) \
	| (FL_WORK_##work == wanted ? FL_FATE(id) : 0)
#include "fates.def"
		;
}

/* The bits of enum fl_effect that @fate has. */
static inline __attribute__((always_inline)) __u32 fl_fate_effects(__u64 fate)
{
	return 0
#define FATE(id, label, effect, work) \
	| (fate & FL_FATE(id) ? 1u << FL_EFFECT_##effect : 0)
#include "fates.def"
		;
}
