/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#include <sys/types.h>

#include "state.h"

/*
 * The whole life of a worker whose supervisor is @parent. The exit status: not
 * 0 when the device @first cannot be held.
 */
int hold_work(const struct store_entry *first, struct hold_shared *shared,
	      pid_t parent);
