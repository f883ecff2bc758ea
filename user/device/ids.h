/* SPDX-License-Identifier: GPL-2.0-only */
/* Ids of rules, and sets of them. */
#pragma once

#include <stdbool.h>

#include <faultline/abi.h>

void ids_put(struct fl_ids *ids, __u16 id);
bool ids_have(const struct fl_ids *ids, __u16 id);

/*
 * Next id that is not @taken and does not rest, after the one given last, and
 * takes it: the longer an id was unused, the less likely that a sleeping flow
 * still names it. -ENOSPC if there is none.
 */
int ids_take(struct fl_ids *taken, struct fl_device *record, __u16 *id);
