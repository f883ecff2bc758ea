/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <stdbool.h>

#include "sample.h"

/*
 * Whether the flow-level fields of @match hold for the packets of @flow that
 * go @side, one by one as the words say it: for the flows command, and for
 * the tests to hold the bit vectors against. FL_FIELD_FLOWS is not looked at.
 */
bool filter_flow(const struct fl_match *match, const struct sample_flow *flow,
		 enum fl_side side);
