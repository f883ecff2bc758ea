/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <faultline/abi.h>

/* "native"; "auto" for FL_MODE_AUTO. */
const char *mode_name(enum fl_mode mode);

/* 0, or -EINVAL with *@mode untouched. */
int mode_parse(const char *word, enum fl_mode *mode);
