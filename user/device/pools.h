/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pools that a ruleset is compiled into, mapped while it is: they are
 * large, and a ruleset of a few rules needs a few pages of them.
 */
#pragma once

#include "compile/compile.h"
#include "inside.h"

/* compile_ruleset() into @half, which nobody reads. */
int pools_compile(const struct device *dev, const struct compile_rule *rules,
		  size_t count, __u32 half);
