/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of held packets. Most commands have no use for their pages. */
#pragma once

#include "inside.h"

/* Maps dev->holdings and dev->holding_bases, if they are not. 0 or a negative
 * errno. */
int holdings_open(struct device *dev);
void holdings_close(struct device *dev);
