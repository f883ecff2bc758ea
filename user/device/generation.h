/* SPDX-License-Identifier: GPL-2.0-only */
/* Which half of the rulesets is in force: that of the generation's parity. */
#pragma once

#include <linux/types.h>

struct device;

/* The one after @generation, 1 to FL_GEN_LAST. */
__u32 generation_next(__u32 generation);

/* Puts @generation into force; 0 or a negative errno. */
int generation_switch(struct device *dev, __u32 generation);
