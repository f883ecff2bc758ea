/* SPDX-License-Identifier: GPL-2.0-only */
/* One rate of a rule at a time. */
#pragma once

#include "stats/actual.h"

/* False when the rule has nothing that loses packets. */
static inline bool rates_loss(const struct sample_rule *rule,
			      struct actual *loss)
{
	struct actual_rates rates;

	actual_rates(rule, &rates);
	*loss = rates.loss;
	return rates.has_loss;
}

/* False when the rule neither can have @effect nor had it. */
static inline bool rates_effect(const struct sample_rule *rule,
				enum fl_effect effect, struct actual *result)
{
	struct actual_rates rates;

	actual_rates(rule, &rates);
	*result = rates.effect[effect];
	return rates.has_effect[effect];
}
