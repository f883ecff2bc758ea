/* SPDX-License-Identifier: GPL-2.0-only */
/* Sets of rules' ids. */
#pragma once

#include <stdbool.h>

#include <faultline/abi.h>

void ids_put(struct fl_ids *ids, __u16 id);
bool ids_have(const struct fl_ids *ids, __u16 id);
bool ids_any(const struct fl_ids *ids);
