/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device can and cannot do, as it was attached. */
#pragma once

#include "open.h"

/* Whether the device of @record can do what @rule says. FL_EXIT_*. */
int fit_rule(const struct fl_device *record, const struct fl_rule *rule,
	     struct fl_error *error);
