/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <faultline/abi.h>

/* "fq"; "none" for FL_HOLDER_NONE. */
const char *holder_word(enum fl_holder holder);

/* Who holds packets: "by fq on a helper device"; "" for FL_HOLDER_NONE. */
const char *holder_waits(enum fl_holder holder);

/* 0, or -EINVAL with *@holder untouched. */
int holder_parse(const char *word, enum fl_holder *holder);
