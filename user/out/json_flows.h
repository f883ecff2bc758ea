/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "out.h"

int out_json_flows(const struct out_flows *flows, struct fl_error *error);
