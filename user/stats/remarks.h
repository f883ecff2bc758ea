/* SPDX-License-Identifier: GPL-2.0-only */
/* What the numbers of a rule do not say by themselves. */
#pragma once

#include "actual.h"
#include "actual_delay.h"

enum remark_kind {
#define REMARK(id, look, value, text) REMARK_##id,
#include "remarks.def"
#undef REMARK
	REMARK_KINDS
};

struct remark {
	enum remark_kind kind;
	int effect;   /* an enum fl_effect that it is about, or -1 */
	double value; /* a rate, a time in ns, or a count: see remarks.def */
};

#define REMARKS_MAX 40 /* three of the loss and of each effect, and a few */

struct remarks {
	size_t count;
	struct remark list[REMARKS_MAX];
};

/* @exact: so is the device attached; @delay: of both directions, or NULL when
 * the rule holds nothing. */
void remarks_make(const struct sample_rule *rule, bool exact,
		  const struct actual_rates *rates,
		  const struct actual_delay *delay, struct remarks *remarks);
