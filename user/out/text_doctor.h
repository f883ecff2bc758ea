/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "out.h"

int out_text_doctor(const struct out_doctor *doctor, struct fl_error *error);
