/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include "out.h"

/* One document a line, as docs/schema/ describes them. */
extern const struct out_ops out_json;
