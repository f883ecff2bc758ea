/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "out.h"

int out_json_replay(const struct out_replay *replay, struct fl_error *error);
